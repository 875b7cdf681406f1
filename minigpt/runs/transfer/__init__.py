"""Runs in and out of this machine.

archive         a run as one file
archive_format  what an archive holds
unpack          out of an archive, believing nothing
validate        from unpacked files to a run
quotas          what visitors may bring, and whether
single_file     a run's model as one readable file
huggingface     a run's model as a folder, a folder as a run
"""
