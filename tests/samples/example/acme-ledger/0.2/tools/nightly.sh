#!/bin/sh
# Adds up all books, for cron.
for book in "${1:-.}"/*.txt; do acme-ledger "$book"; done
