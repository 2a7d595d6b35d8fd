"""Frozen results to Plotly figures, one module per page."""
