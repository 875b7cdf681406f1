"""What a visitor chose, in the session and in the address.

url         the keys of address and session
form_state  a page with many fields
identity    who is at the screen
selection   the runs chosen for comparison
"""
