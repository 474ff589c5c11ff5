"""From raw text to something that can be judged, with the way back to the raw text kept.

Cleaning drops markup and odd characters and remembers where each piece came from, segments tell
the newest message from quoted mail, signatures and disclaimers, turns tell who spoke, and dates are
resolved against the activity's time.
"""
