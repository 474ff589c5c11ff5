"""The weekly digest: a docket of decisions as HTML that mails well, as plain text and as JSON."""
