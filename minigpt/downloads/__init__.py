"""Files fetched from elsewhere, within limits and checked. Nothing is imported here.

limits    which addresses are refused (private ones, this machine), how long and how much
guard     connections that ask limits first, under one deadline
http      the bytes of a web address, redirects followed unread
verified  a file whose checksum is known: fetched once and kept
"""
