-- Customers one of whose complaints was closed on :day. 当日有投诉结案的客户。
SELECT DISTINCT customer_id FROM main.complaints
WHERE closed_at >= :day AND closed_at < date(:day, '+1 day') AND is_suggestion = 0
  -- Closing comes days after receiving at most; the index is on receiving.
  -- 结案一般在受理后数日内，索引建在受理时间上。
  AND received_at >= date(:day, '-60 days') AND received_at < date(:day, '+1 day')
