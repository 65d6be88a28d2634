-- What customers choose, in a period: parcels, customers and revenue by :by. 一段时间内客户的选择。
-- :by is product, channel, destination, weekday (0 = Sunday), hour, payment or extras.
-- :by 取 product、channel、destination、weekday（0 为周日）、hour、payment、extras 之一。
-- Customer by customer first: who chose something often is one row, so that counting customers is easy.
-- 先按客户汇总：同一选择多次也只有一行，再数客户就很简单。
SELECT choice, sum(parcels) AS parcels, count(*) AS customers,
       round(sum(revenue), 2) AS revenue, round(sum(revenue) / sum(parcels), 2) AS mean_fee
FROM (
    SELECT s.customer_id, count(*) AS parcels, sum(s.fee) AS revenue,
           CASE :by
               WHEN 'product' THEN s.product_id
               WHEN 'channel' THEN o.channel
               WHEN 'destination' THEN s.destination
               WHEN 'weekday' THEN strftime('%w', s.accepted_at)
               WHEN 'hour' THEN strftime('%H', s.accepted_at)
               WHEN 'payment' THEN o.payment_method
               WHEN 'extras' THEN CASE o.pack_service + o.sign_service
                       + (o.cod_amount IS NOT NULL) + (o.declared_value IS NOT NULL)
                   WHEN 0 THEN 'none' WHEN 1 THEN 'one' ELSE 'more' END
           END AS choice
    -- Read in the order of the file: a year is half of it, and an index would jump to and fro.
    -- 按文件顺序读取：一年约占一半，走索引反而来回跳。
    FROM shipments AS s NOT INDEXED JOIN orders AS o ON o.waybill_no = s.waybill_no
    WHERE s.accepted_at >= :start AND s.accepted_at < :until
      AND (:market IS NULL OR s.customer_id IN (
          SELECT customer_id FROM customers WHERE market_type = :market))
    GROUP BY choice, s.customer_id
)
GROUP BY choice
ORDER BY parcels DESC, choice
