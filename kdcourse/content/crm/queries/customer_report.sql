-- Customers by market; the last row is the whole. 按市场类型统计客户；末行为合计。
WITH by_market AS MATERIALIZED (
    SELECT c.market_type,
           count(*) AS customers,
           sum(substr(c.created_on, 1, 4) = substr(:today, 1, 4)) AS new_this_year,
           count(c.member_since) AS members,
           count(s.customer_id) AS agree_to_marketing,
           coalesce(sum(f.parcels), 0) AS parcels_this_year
    FROM customers AS c
    LEFT JOIN consents AS s
           ON s.customer_id = c.customer_id AND s.purpose = 'marketing' AND s.given_on <= :today
          AND (s.withdrawn_on IS NULL OR s.withdrawn_on > :today)
    LEFT JOIN finance_years AS f
           ON f.customer_id = c.customer_id AND f.year = CAST(substr(:today, 1, 4) AS INTEGER)
    GROUP BY c.market_type
)
SELECT * FROM by_market
UNION ALL
SELECT 'all', sum(customers), sum(new_this_year), sum(members), sum(agree_to_marketing),
       sum(parcels_this_year)
FROM by_market
