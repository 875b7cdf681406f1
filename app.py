"""MiniGPT in a browser: `streamlit run app.py`. Its pages are listed in `ui/navigation.py`."""

from ui.navigation import run_app

run_app()
