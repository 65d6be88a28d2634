-- How much there is to grade: customers, and their parcels in the window. 分级涉及的客户数与快件数。
SELECT (SELECT count(*) FROM customers WHERE created_on <= :as_of) AS customers,
       (SELECT count(*) FROM shipments
        WHERE accepted_at >= date(:as_of, '-' || (:days - 1) || ' days')
          AND accepted_at < date(:as_of, '+1 day')) AS parcels
