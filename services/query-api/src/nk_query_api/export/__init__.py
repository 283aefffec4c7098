"""Downloads: tables, views and answers as CSV, Excel workbooks or Parquet, in pieces."""
