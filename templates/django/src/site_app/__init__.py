"""The site: settings, addresses and views."""
