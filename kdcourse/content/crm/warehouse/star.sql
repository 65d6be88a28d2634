-- 2. Storage and management 数据的存储与管理: the star, in DuckDB. The staged rows are named raw_*.
-- One fact, a parcel; around it the dimensions by which it is looked at. Key 0 stands for "unknown",
-- so that no parcel is lost in a join.
-- 星型模型（DuckDB）。暂存数据名为 raw_*。事实只有一种：一件快递；周围是观察它的维度。
-- 键 0 表示“未知”，因此连接时不会丢件。

CREATE TABLE dim_date AS
SELECT CAST(strftime(day, '%Y%m%d') AS INTEGER) AS date_key,
       CAST(day AS DATE) AS day,
       strftime(day, '%Y-%m') AS month,
       year(day) || 'Q' || quarter(day) AS quarter,
       year(day) AS year,
       isodow(day) AS weekday
FROM (SELECT unnest(generate_series(CAST(min(accepted_at) AS DATE), CAST(max(accepted_at) AS DATE),
                                    INTERVAL 1 DAY)) AS day
      FROM raw_shipments);

CREATE TABLE dim_product AS
SELECT CAST(row_number() OVER (ORDER BY promised_hours, product_id) AS INTEGER) AS product_key,
       product_id, family
FROM raw_products
UNION ALL
SELECT 0, 'unknown', 'unknown';

CREATE TABLE dim_city AS
SELECT CAST(row_number() OVER (ORDER BY city) AS INTEGER) AS city_key, city, region
FROM (SELECT city, region FROM raw_cities
      UNION
      -- Parcels also go where Lanyan has no site.
      -- 快件也寄往没有网点的地方。
      SELECT DISTINCT destination, 'abroad' FROM raw_shipments
      WHERE destination NOT IN (SELECT city FROM raw_cities))
UNION ALL
SELECT 0, 'unknown', 'unknown';

CREATE TABLE dim_channel AS
SELECT CAST(row_number() OVER (ORDER BY channel) AS INTEGER) AS channel_key, channel
FROM (SELECT DISTINCT channel FROM raw_orders)
UNION ALL
SELECT 0, 'unknown';

-- The grade is today's, for old parcels too: who is an A now was perhaps none when the parcel was sent.
-- 等级是当前等级，也用于以往的快件：现在的 A 级客户，寄件当时未必是 A 级。
CREATE TABLE dim_customer AS
SELECT CAST(row_number() OVER (ORDER BY c.customer_id) AS INTEGER) AS customer_key,
       c.customer_id, c.market_type, c.legal_kind, c.city AS home_city, t.region AS home_region,
       substr(c.created_on, 1, 4) AS joined_year, c.source_channel,
       coalesce(g.grade, 'none') AS grade
FROM raw_customers AS c
LEFT JOIN raw_cities AS t ON t.city = c.city
LEFT JOIN raw_grades AS g ON g.customer_id = c.customer_id
UNION ALL
SELECT 0, 'unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'none';

CREATE TABLE fact_shipment AS
WITH complained AS (
    SELECT waybill_no, count(*) AS complaints, sum(coalesce(compensation, 0)) AS compensation
    FROM raw_complaints
    WHERE waybill_no IS NOT NULL AND is_suggestion = 0
    GROUP BY waybill_no
), parcel AS (
    SELECT *, CAST(accepted_at AS TIMESTAMP) AS accepted, CAST(promised_at AS TIMESTAMP) AS promised,
           CAST(delivered_at AS TIMESTAMP) AS delivered
    FROM raw_shipments
)
SELECT p.waybill_no,
       CAST(strftime(p.accepted, '%Y%m%d') AS INTEGER) AS date_key,
       coalesce(c.customer_key, 0) AS customer_key,
       coalesce(d.product_key, 0) AS product_key,
       coalesce(f.city_key, 0) AS origin_key,
       coalesce(t.city_key, 0) AS destination_key,
       coalesce(h.channel_key, 0) AS channel_key,
       CAST(p.weight_kg AS DOUBLE) AS weight_kg,
       -- Money in whole fen: sums are exact in whatever order they are added.
       -- 金额以分为单位取整：无论按什么顺序相加，合计都精确。
       CAST(round(p.fee * 100) AS BIGINT) AS fee_fen,
       CAST(round(p.fee_quoted * 100) AS BIGINT) AS quoted_fen,
       -- A promise counts from when it falls due; what is lost or still under way then has broken it.
       -- 承诺到期才计算；到期时丢失或仍在途的，算超时。
       CAST(p.promised <= CAST($data_end AS TIMESTAMP) AS INTEGER) AS due,
       CAST(p.promised <= CAST($data_end AS TIMESTAMP) AND (p.delivered IS NULL OR p.delivered > p.promised) AS INTEGER)
           AS late,
       CAST(p.delivered IS NOT NULL AS INTEGER) AS delivered,
       date_diff('minute', p.accepted, p.delivered) AS minutes,
       p.lost, p.damaged, p.info_error,
       CAST(coalesce(k.complaints, 0) AS INTEGER) AS complaints,
       CAST(round(coalesce(k.compensation, 0) * 100) AS BIGINT) AS compensation_fen,
       r.stars
FROM parcel AS p
LEFT JOIN dim_customer AS c ON c.customer_id = p.customer_id
LEFT JOIN dim_product AS d ON d.product_id = p.product_id
LEFT JOIN dim_city AS f ON f.city = p.origin
LEFT JOIN dim_city AS t ON t.city = p.destination
-- An order for every parcel; should one ever have two, the parcel still counts once.
-- 每件对应一单；万一出现两单，快件仍只计一次。
LEFT JOIN (SELECT waybill_no, min(channel) AS channel FROM raw_orders GROUP BY waybill_no) AS o
       ON o.waybill_no = p.waybill_no
LEFT JOIN dim_channel AS h ON h.channel = o.channel
LEFT JOIN complained AS k ON k.waybill_no = p.waybill_no
LEFT JOIN (SELECT waybill_no, max(stars) AS stars FROM raw_ratings GROUP BY waybill_no) AS r
       ON r.waybill_no = p.waybill_no
ORDER BY date_key, customer_key, p.waybill_no;
