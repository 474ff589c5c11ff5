"""Work that takes the parts together: auditing what is due and building the weekly digest."""
