"""What can be asked of any text beside a model: was it read, and does it surprise?

elsewhere    why a model cannot be asked, and which can
passage      the text that is asked about, or one of three that show what can come out
invented     what of it stands word for word in the training text
places       where it stands there, and when that was read
surprising   the bits of every token and in all
second       the same text beside a second model
reliability  whether a model keeps its word: of what it gave 30 percent, did three in ten come
unread       what the model would be without a passage
comparison   what the twins without it show
voting       what followed in the training text, beside what the model expects
"""
