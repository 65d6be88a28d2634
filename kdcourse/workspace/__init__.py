"""The learner's own folder: filling it, opening it in JupyterLab, and finding out what is wrong."""
