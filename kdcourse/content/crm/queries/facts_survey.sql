-- What a customer said in the last survey answered by :as_of.
-- 客户在截至 :as_of 最近一次调查中的回答。
SELECT customer_id, overall AS satisfaction, recommend_0_10 AS recommend
FROM (SELECT customer_id, overall, recommend_0_10,
             row_number() OVER (PARTITION BY customer_id ORDER BY answered_on DESC, resp_id) AS nth
      FROM main.surveys
      WHERE answered_on <= :as_of)
WHERE nth = 1
