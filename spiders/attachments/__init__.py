"""Extracting the text of attachments: PDF, office documents, RTF and scans."""
