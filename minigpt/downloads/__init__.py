"""Files fetched from elsewhere, within limits and checked. Nothing is imported here.

limits    where a transfer may go, how long it may take and how much may come
guard     connections that obey an address rule and a total deadline
http      the bytes of a web address, redirects followed unread
verified  a file whose checksum is known: fetched once and kept
"""
