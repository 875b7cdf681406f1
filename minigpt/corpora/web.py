"""Fetching a text from an address that somebody typed in.

The app may run on a server, so the address is treated as hostile: only http and https, only
public addresses, also after a redirect, and never more than the limits allow.
"""

from minigpt.corpora.decoding import decode_upload
from minigpt.downloads.addresses import AddressRule, is_public
from minigpt.downloads.http import ALTERNATIVES, TransferLimits, fetch_bytes
from minigpt.errors import CorpusError

WEB_LIMITS = TransferLimits(total_seconds=60.0, max_bytes=20_000_000)


def fetch_text(
    url: str, *, rule: AddressRule = is_public, limits: TransferLimits = WEB_LIMITS
) -> str:
    """Fetch a text. A web page comes with its markup; plain text is what to look for.

    Proxies named in the environment are not used: behind one, nobody could tell which
    address is contacted in the end.

    Args:
        url: an http or https address.
        rule: which network addresses may be contacted.
        limits: time and size.

    Raises:
        CorpusError: the address is not allowed, does not answer, or holds no text.
    """
    try:
        data = fetch_bytes(url.strip(), rule=rule, limits=limits, trust_environment=False)
        return decode_upload(data)
    except CorpusError as error:
        raise CorpusError(
            f"No text could be fetched from that address. {error.message} {ALTERNATIVES}",
            field="corpus",
        ) from error
