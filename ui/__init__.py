"""Everything that draws and is not a page. The core below it knows nothing of screens."""
