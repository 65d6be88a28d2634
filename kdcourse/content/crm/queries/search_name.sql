-- By a name or a part of it: the customer's, then that of a person in a firm. A whole name comes
-- first, then what begins with it. instr() takes % and _ as they are, LIKE would not.
-- 按名称或其中一部分查找：先客户名称，再企业联系人；完全一致的在前，开头一致的其次。
SELECT customer_id, max(found_by) AS found_by
FROM (
    SELECT customer_id, 'name' AS found_by,
           CASE instr(name, :words) WHEN 1 THEN length(name) ELSE 1000 END AS distance
    FROM main.customers
    WHERE instr(name, :words) > 0
    UNION ALL
    SELECT customer_id, 'contact', 2000
    FROM main.contacts
    WHERE instr(name, :words) > 0 AND customer_id IS NOT NULL
)
GROUP BY customer_id
ORDER BY min(distance), customer_id
LIMIT :limit
