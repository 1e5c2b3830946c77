"""What `credits doctor` checks: one module for each subject, one function for each check.

Nothing is repaired here, and nothing changed but a temporary folder that is removed again.
"""
