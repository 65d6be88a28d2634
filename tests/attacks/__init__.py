"""Notebooks that mean harm, or have had bad luck."""
