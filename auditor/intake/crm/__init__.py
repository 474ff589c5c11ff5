"""CRM webhooks' events, read as changes of records, and what those add up to.

``read_*`` turns one event into changes; ``absorb`` takes a change into a record's register; and
``resolve`` adds up the registers of an opportunity.  All three are pure, so that the result does
not depend on the order in which events arrive, nor on how often.
"""
