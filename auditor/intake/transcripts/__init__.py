"""Recorders' transcripts: WebVTT, SRT, ``Name: words`` text and vendors' JSON, all to turns."""
