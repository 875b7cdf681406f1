"""The lessons in which whole models are trained, or broken.

ladder    every rung of the ladder on one text, and why each is where it is
climb     its step in which all of them are trained
break_it  one fault at a time, guessed first and then trained
faults    its steps on too little text and on a fault to be found
judged    what the page of a run would say of a short training
"""
