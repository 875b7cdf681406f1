"""The command line: python -m minigpt, or minigpt where the package is installed.

main        each command by its name; exit codes
parser      the arguments that each command takes
runs        list runs, texts and presets; stop, pause, resume, cancel
warm_start  fork and finetune: runs that begin with another one's weights
dry_run     what a training would take, without starting it
generation  continue a prompt
inside      what heads are for, what moves a guess, what a guess is made of
reading     judge a text: its loss, its surprise, what of it was read
transfer    download and import: whole runs as files
torchrun    train in several processes, as torchrun starts them
equivalent  the command that does what a form on the screen does
output      the two streams: results and status
"""
