-- What was used together in whole months, and in how many baskets: 'cod express'. 整月内一起用过的组合及篮数。
-- A basket is one customer's month. 一位客户的一个月算一个购物篮。
SELECT items, count(*) AS baskets
FROM (
    SELECT group_concat(item, ' ') AS items
    FROM month_items
    WHERE month >= :first AND month < :after
    GROUP BY month, customer_id
)
GROUP BY items
