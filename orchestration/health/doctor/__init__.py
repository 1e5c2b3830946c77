"""The checks of `credits doctor`: one module for each subject, one function for each check.

Nothing is repaired or changed here, except a temporary folder that is deleted afterwards.
"""
