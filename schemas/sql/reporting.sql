-- The reporting model. Compiled into the program, which runs it once for each generation with the prefix g0_ replaced by
-- that of the generation (g7_), and v_ by that of the views being prepared. Meanings: README.md.
-- Statements end with a semicolon at the end of a line; every table's first key column is the tenant.

CREATE TABLE g0_f_sale (
  tenant_id VARCHAR(64) NOT NULL,
  sale_id VARCHAR(64) NOT NULL,
  kind ENUM('SALE', 'RETURN', 'VOID') NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  terminal_id VARCHAR(64) NOT NULL,
  terminal_seq BIGINT UNSIGNED NOT NULL,
  employee_id VARCHAR(64) NULL,
  customer_id VARCHAR(64) NULL,
  shift_id VARCHAR(64) NULL,
  business_date DATE NOT NULL,
  completed_at_utc DATETIME(6) NOT NULL,
  local_hour TINYINT UNSIGNED NOT NULL,
  currency CHAR(3) NOT NULL,
  gross BIGINT NOT NULL,
  discount BIGINT NOT NULL,
  sale_discount BIGINT NOT NULL,
  employee_discount BIGINT NOT NULL,
  coupon_discount BIGINT NOT NULL,
  net BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  charges BIGINT NOT NULL,
  tip BIGINT NOT NULL,
  gift_cards_sold BIGINT NOT NULL,
  cash_rounding BIGINT NOT NULL,
  total BIGINT NOT NULL,
  cogs_e4 BIGINT NOT NULL,
  units_e5 BIGINT NOT NULL,
  line_count INT NOT NULL,
  line_voids INT NOT NULL,
  line_voided BIGINT NOT NULL,
  return_of_sale VARCHAR(64) NULL,
  after_z TINYINT UNSIGNED NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, sale_id, kind),
  KEY by_day (tenant_id, business_date, store_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_line (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  line_no INT UNSIGNED NOT NULL,
  sale_id VARCHAR(64) NOT NULL,
  kind ENUM('SALE', 'RETURN', 'VOID') NOT NULL,
  line_id VARCHAR(64) NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  category_id VARCHAR(128) NOT NULL,
  qty_e5 BIGINT NOT NULL,
  unit_price_e4 BIGINT NOT NULL,
  currency CHAR(3) NOT NULL,
  gross BIGINT NOT NULL,
  discount BIGINT NOT NULL,
  net BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  tax_code VARCHAR(64) NOT NULL,
  cogs_e4 BIGINT NOT NULL,
  return_of_sale VARCHAR(64) NULL,
  return_of_line VARCHAR(64) NULL,
  PRIMARY KEY (tenant_id, business_date, position, kind, line_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_tax (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  sale_id VARCHAR(64) NOT NULL,
  kind ENUM('SALE', 'RETURN', 'VOID') NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  tax_code VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  taxable BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  after_z TINYINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, business_date, position, kind, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_tender (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  sale_id VARCHAR(64) NOT NULL,
  kind ENUM('SALE', 'RETURN', 'VOID') NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  shift_id VARCHAR(64) NULL,
  tender_type VARCHAR(32) NOT NULL,
  currency CHAR(3) NOT NULL,
  payments TINYINT NOT NULL,
  amount BIGINT NOT NULL,
  tendered BIGINT NOT NULL,
  change_given BIGINT NOT NULL,
  units_e5 BIGINT NOT NULL,
  gross BIGINT NOT NULL,
  discount BIGINT NOT NULL,
  net BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  after_z TINYINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, business_date, position, kind, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_stock_move (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  kind ENUM('RECEIPT', 'ADJUSTMENT', 'SALE', 'VOID', 'SET', 'RESERVATION', 'COUNT_VARIANCE', 'TRANSFER_OUT',
            'TRANSFER_IN', 'TRANSFER_BACK', 'KIT_COMPOSED', 'KIT_DECOMPOSED', 'VENDOR_RETURN', 'RETURN',
            'INSPECTION') NOT NULL,
  reason VARCHAR(32) NULL,
  document_id VARCHAR(64) NOT NULL,
  qty_e5 BIGINT NOT NULL,
  on_hand_after_e5 BIGINT NOT NULL,
  unit_cost_e4 BIGINT NULL,
  currency CHAR(3) NULL,
  occurred_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, position, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_transit_loss (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  line_no INT UNSIGNED NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  from_store_id VARCHAR(64) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  transfer_id VARCHAR(64) NOT NULL,
  receipt_id VARCHAR(64) NOT NULL,
  qty_e5 BIGINT NOT NULL,
  cost_e4 BIGINT NULL,
  currency CHAR(3) NULL,
  occurred_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, position, seq, line_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_s_stock (
  tenant_id VARCHAR(64) NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  on_hand_e5 BIGINT NULL,
  reserved_e5 BIGINT NULL,
  quarantine_e5 BIGINT NULL,
  in_transit_in_e5 BIGINT NOT NULL,
  avg_cost_e4 BIGINT NULL,
  value_e4 BIGINT NULL,
  last_receipt_e5 BIGINT NULL,
  last_cost_e4 BIGINT NULL,
  cost_currency CHAR(3) NULL,
  last_count_at DATETIME(6) NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, store_id, sku)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_d_store (
  tenant_id VARCHAR(64) NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, store_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_d_product (
  tenant_id VARCHAR(64) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  category_id VARCHAR(128) NOT NULL,
  unit_price_e4 BIGINT NOT NULL,
  unit_cost_e4 BIGINT NULL,
  currency CHAR(3) NOT NULL,
  tax_code VARCHAR(64) NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, sku)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_d_customer (
  tenant_id VARCHAR(64) NOT NULL,
  customer_id VARCHAR(64) NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_store_day (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  sales BIGINT NOT NULL,
  voids BIGINT NOT NULL,
  returns BIGINT NOT NULL,
  units_e5 DECIMAL(38, 0) NOT NULL,
  gross DECIMAL(38, 0) NOT NULL,
  discount DECIMAL(38, 0) NOT NULL,
  net DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  total DECIMAL(38, 0) NOT NULL,
  cogs_e4 DECIMAL(38, 0) NOT NULL,
  returned_units_e5 DECIMAL(38, 0) NOT NULL,
  returned_net DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, store_id, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_store_hour (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  local_hour TINYINT UNSIGNED NOT NULL,
  currency CHAR(3) NOT NULL,
  sales BIGINT NOT NULL,
  voids BIGINT NOT NULL,
  returns BIGINT NOT NULL,
  units_e5 DECIMAL(38, 0) NOT NULL,
  gross DECIMAL(38, 0) NOT NULL,
  discount DECIMAL(38, 0) NOT NULL,
  net DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  total DECIMAL(38, 0) NOT NULL,
  cogs_e4 DECIMAL(38, 0) NOT NULL,
  returned_units_e5 DECIMAL(38, 0) NOT NULL,
  returned_net DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, store_id, local_hour, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_sku_day (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  sku VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  sales BIGINT NOT NULL,
  voids BIGINT NOT NULL,
  returns BIGINT NOT NULL,
  units_e5 DECIMAL(38, 0) NOT NULL,
  gross DECIMAL(38, 0) NOT NULL,
  discount DECIMAL(38, 0) NOT NULL,
  net DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  total DECIMAL(38, 0) NOT NULL,
  cogs_e4 DECIMAL(38, 0) NOT NULL,
  returned_units_e5 DECIMAL(38, 0) NOT NULL,
  returned_net DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, sku, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_category_day (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  category_id VARCHAR(128) NOT NULL,
  currency CHAR(3) NOT NULL,
  sales BIGINT NOT NULL,
  voids BIGINT NOT NULL,
  returns BIGINT NOT NULL,
  units_e5 DECIMAL(38, 0) NOT NULL,
  gross DECIMAL(38, 0) NOT NULL,
  discount DECIMAL(38, 0) NOT NULL,
  net DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  total DECIMAL(38, 0) NOT NULL,
  cogs_e4 DECIMAL(38, 0) NOT NULL,
  returned_units_e5 DECIMAL(38, 0) NOT NULL,
  returned_net DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, category_id, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_tender_day (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  tender_type VARCHAR(32) NOT NULL,
  currency CHAR(3) NOT NULL,
  sales BIGINT NOT NULL,
  voids BIGINT NOT NULL,
  returns BIGINT NOT NULL,
  units_e5 DECIMAL(38, 0) NOT NULL,
  gross DECIMAL(38, 0) NOT NULL,
  discount DECIMAL(38, 0) NOT NULL,
  net DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  total DECIMAL(38, 0) NOT NULL,
  cogs_e4 DECIMAL(38, 0) NOT NULL,
  returned_units_e5 DECIMAL(38, 0) NOT NULL,
  returned_net DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, store_id, tender_type, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_d_shift (
  tenant_id VARCHAR(64) NOT NULL,
  shift_id VARCHAR(64) NOT NULL,
  status ENUM('OPEN', 'ENDED', 'COUNTED', 'CLOSED') NULL,
  z_no BIGINT UNSIGNED NULL,
  store_id VARCHAR(64) NULL,
  terminal_id VARCHAR(64) NULL,
  employee_id VARCHAR(64) NULL,
  currency CHAR(3) NULL,
  business_date DATE NULL,
  opened_at_utc DATETIME(6) NULL,
  ended_at_utc DATETIME(6) NULL,
  closed_at_utc DATETIME(6) NULL,
  opening_float BIGINT NULL,
  opening_difference BIGINT NULL,
  expected BIGINT NULL,
  counted BIGINT NULL,
  counts INT UNSIGNED NULL,
  to_safe BIGINT NULL,
  left_in_drawer BIGINT NULL,
  grand_total BIGINT NULL,
  blind_count TINYINT UNSIGNED NULL,
  training_sales BIGINT UNSIGNED NULL,
  first_terminal_seq BIGINT UNSIGNED NULL,
  last_terminal_seq BIGINT UNSIGNED NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, shift_id),
  KEY by_day (tenant_id, business_date, shift_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_d_shift_tender (
  tenant_id VARCHAR(64) NOT NULL,
  shift_id VARCHAR(64) NOT NULL,
  tender_type VARCHAR(32) NOT NULL,
  currency CHAR(3) NOT NULL,
  expected BIGINT NOT NULL,
  counted BIGINT NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, shift_id, tender_type)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_cancelled (
  tenant_id VARCHAR(64) NOT NULL,
  shift_id VARCHAR(64) NOT NULL,
  sale_id VARCHAR(64) NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  terminal_id VARCHAR(64) NOT NULL,
  employee_id VARCHAR(64) NULL,
  currency CHAR(3) NOT NULL,
  line_count INT UNSIGNED NOT NULL,
  amount BIGINT NOT NULL,
  line_voids INT UNSIGNED NOT NULL,
  line_voided BIGINT NOT NULL,
  business_date DATE NOT NULL,
  after_z TINYINT UNSIGNED NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, shift_id, sale_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_drawer (
  tenant_id VARCHAR(64) NOT NULL,
  shift_id VARCHAR(64) NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  kind ENUM('FLOAT', 'CASH_IN', 'CASH_REFUND', 'PAID_IN', 'PAID_OUT', 'LOAN', 'PICKUP', 'NO_SALE',
            'OPERATOR') NOT NULL,
  employee_id VARCHAR(64) NULL,
  document_id VARCHAR(64) NULL,
  currency CHAR(3) NOT NULL,
  amount BIGINT NOT NULL,
  effect BIGINT NOT NULL,
  business_date DATE NOT NULL,
  occurred_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, shift_id, position, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_giftcard (
  tenant_id VARCHAR(64) NOT NULL,
  gift_card_id VARCHAR(64) NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  kind ENUM('ACTIVATED', 'LOADED', 'REDEEMED', 'REFUNDED', 'ADJUSTED', 'CLEARED', 'EXPIRED', 'TRANSFERRED_OUT',
            'TRANSFERRED_IN') NOT NULL,
  store_id VARCHAR(64) NULL,
  sale_id VARCHAR(64) NULL,
  currency CHAR(3) NOT NULL,
  amount BIGINT NOT NULL,
  balance BIGINT NOT NULL,
  business_date DATE NOT NULL,
  occurred_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, gift_card_id, position, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_s_giftcard (
  tenant_id VARCHAR(64) NOT NULL,
  gift_card_id VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  balance BIGINT NOT NULL,
  held BIGINT NOT NULL,
  first_business_date DATE NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (tenant_id, gift_card_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_loyalty (
  tenant_id VARCHAR(64) NOT NULL,
  customer_id VARCHAR(64) NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  kind ENUM('EARNED', 'REDEEMED', 'ADJUSTED', 'RESTORED', 'EXPIRED', 'REVERSED', 'REWARD_ISSUED', 'REWARD_REDEEMED',
            'REWARD_DELETED') NOT NULL,
  store_id VARCHAR(64) NULL,
  sale_id VARCHAR(64) NULL,
  reward_id VARCHAR(64) NULL,
  points BIGINT NOT NULL,
  debt BIGINT NOT NULL,
  points_after BIGINT NOT NULL,
  debt_after BIGINT NOT NULL,
  currency CHAR(3) NULL,
  value BIGINT NOT NULL,
  business_date DATE NOT NULL,
  occurred_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, customer_id, position, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_store_credit (
  tenant_id VARCHAR(64) NOT NULL,
  customer_id VARCHAR(64) NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  kind ENUM('ISSUED', 'SPENT', 'EXPIRED') NOT NULL,
  store_id VARCHAR(64) NULL,
  sale_id VARCHAR(64) NULL,
  currency CHAR(3) NOT NULL,
  amount BIGINT NOT NULL,
  balance BIGINT NOT NULL,
  business_date DATE NOT NULL,
  occurred_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, customer_id, position, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_f_account (
  tenant_id VARCHAR(64) NOT NULL,
  customer_id VARCHAR(64) NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  seq INT UNSIGNED NOT NULL,
  kind ENUM('CHARGED', 'SETTLED') NOT NULL,
  store_id VARCHAR(64) NULL,
  sale_id VARCHAR(64) NULL,
  currency CHAR(3) NOT NULL,
  amount BIGINT NOT NULL,
  balance BIGINT NOT NULL,
  business_date DATE NOT NULL,
  occurred_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, customer_id, position, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_employee_day (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  employee_id VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  sales BIGINT NOT NULL,
  voids BIGINT NOT NULL,
  returns BIGINT NOT NULL,
  units_e5 DECIMAL(38, 0) NOT NULL,
  gross DECIMAL(38, 0) NOT NULL,
  discount DECIMAL(38, 0) NOT NULL,
  net DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  total DECIMAL(38, 0) NOT NULL,
  cogs_e4 DECIMAL(38, 0) NOT NULL,
  returned_units_e5 DECIMAL(38, 0) NOT NULL,
  returned_net DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, employee_id, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_employee_act (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  employee_id VARCHAR(64) NOT NULL,
  act VARCHAR(32) NOT NULL,
  acts BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, business_date, employee_id, act)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_tax_day (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  tax_code VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  taxable DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, store_id, tax_code, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_stock_day (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  store_id VARCHAR(64) NOT NULL,
  sku VARCHAR(64) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  reason VARCHAR(32) NOT NULL,
  moves BIGINT NOT NULL,
  qty_e5 DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, store_id, sku, kind, reason)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_giftcard_day (
  tenant_id VARCHAR(64) NOT NULL,
  business_date DATE NOT NULL,
  kind VARCHAR(32) NOT NULL,
  currency CHAR(3) NOT NULL,
  moves BIGINT NOT NULL,
  amount DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, business_date, kind, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_shift (
  tenant_id VARCHAR(64) NOT NULL,
  shift_id VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  sales BIGINT NOT NULL,
  voids BIGINT NOT NULL,
  returns BIGINT NOT NULL,
  unlinked_returns BIGINT NOT NULL,
  discounted_lines BIGINT NOT NULL,
  line_voids BIGINT NOT NULL,
  sold DECIMAL(38, 0) NOT NULL,
  voided DECIMAL(38, 0) NOT NULL,
  returned DECIMAL(38, 0) NOT NULL,
  unlinked_returned DECIMAL(38, 0) NOT NULL,
  line_voided DECIMAL(38, 0) NOT NULL,
  gross DECIMAL(38, 0) NOT NULL,
  discount DECIMAL(38, 0) NOT NULL,
  line_discount DECIMAL(38, 0) NOT NULL,
  sale_discount DECIMAL(38, 0) NOT NULL,
  employee_discount DECIMAL(38, 0) NOT NULL,
  coupon_discount DECIMAL(38, 0) NOT NULL,
  returned_discount DECIMAL(38, 0) NOT NULL,
  net DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  charges DECIMAL(38, 0) NOT NULL,
  tip DECIMAL(38, 0) NOT NULL,
  gift_cards_sold DECIMAL(38, 0) NOT NULL,
  cash_rounding DECIMAL(38, 0) NOT NULL,
  total DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, shift_id, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_shift_tax (
  tenant_id VARCHAR(64) NOT NULL,
  shift_id VARCHAR(64) NOT NULL,
  tax_code VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  taxable DECIMAL(38, 0) NOT NULL,
  tax DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, shift_id, tax_code, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_agg_shift_tender (
  tenant_id VARCHAR(64) NOT NULL,
  shift_id VARCHAR(64) NOT NULL,
  tender_type VARCHAR(32) NOT NULL,
  currency CHAR(3) NOT NULL,
  payments BIGINT NOT NULL,
  amount DECIMAL(38, 0) NOT NULL,
  PRIMARY KEY (tenant_id, shift_id, tender_type, currency)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE g0_projection_offset (
  projection VARCHAR(32) NOT NULL,
  log_id CHAR(32) NOT NULL,
  epoch BIGINT UNSIGNED NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  hash CHAR(64) NOT NULL,
  layout CHAR(16) NOT NULL,
  PRIMARY KEY (projection)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE SQL SECURITY INVOKER VIEW v_f_sale AS SELECT t.*, t.units_e5 * 0.00001 AS units FROM g0_f_sale t;
CREATE SQL SECURITY INVOKER VIEW v_f_line AS SELECT t.* FROM g0_f_line t;
CREATE SQL SECURITY INVOKER VIEW v_f_tax AS SELECT t.* FROM g0_f_tax t;
CREATE SQL SECURITY INVOKER VIEW v_f_tender AS SELECT t.* FROM g0_f_tender t;
CREATE SQL SECURITY INVOKER VIEW v_f_stock_move AS SELECT t.* FROM g0_f_stock_move t;
CREATE SQL SECURITY INVOKER VIEW v_f_transit_loss AS SELECT t.* FROM g0_f_transit_loss t;
CREATE SQL SECURITY INVOKER VIEW v_s_stock AS SELECT t.*, t.on_hand_e5 * 0.00001 AS on_hand FROM g0_s_stock t;
CREATE SQL SECURITY INVOKER VIEW v_d_store AS SELECT t.* FROM g0_d_store t;
CREATE SQL SECURITY INVOKER VIEW v_d_product AS SELECT t.* FROM g0_d_product t;
CREATE SQL SECURITY INVOKER VIEW v_d_customer AS SELECT t.* FROM g0_d_customer t;
CREATE SQL SECURITY INVOKER VIEW v_agg_store_day AS
  SELECT t.*, t.units_e5 * 0.00001 AS units FROM g0_agg_store_day t;
CREATE SQL SECURITY INVOKER VIEW v_agg_store_hour AS
  SELECT t.*, t.units_e5 * 0.00001 AS units FROM g0_agg_store_hour t;
CREATE SQL SECURITY INVOKER VIEW v_agg_sku_day AS
  SELECT t.*, t.units_e5 * 0.00001 AS units FROM g0_agg_sku_day t;
CREATE SQL SECURITY INVOKER VIEW v_agg_category_day AS
  SELECT t.*, t.units_e5 * 0.00001 AS units FROM g0_agg_category_day t;
CREATE SQL SECURITY INVOKER VIEW v_agg_tender_day AS
  SELECT t.*, t.units_e5 * 0.00001 AS units FROM g0_agg_tender_day t;
CREATE SQL SECURITY INVOKER VIEW v_d_shift AS
  SELECT t.*, t.counted - t.expected AS over_short FROM g0_d_shift t;
CREATE SQL SECURITY INVOKER VIEW v_d_shift_tender AS
  SELECT t.*, t.counted - t.expected AS over_short FROM g0_d_shift_tender t;
CREATE SQL SECURITY INVOKER VIEW v_f_cancelled AS SELECT t.* FROM g0_f_cancelled t;
CREATE SQL SECURITY INVOKER VIEW v_f_drawer AS SELECT t.* FROM g0_f_drawer t;
CREATE SQL SECURITY INVOKER VIEW v_f_giftcard AS SELECT t.* FROM g0_f_giftcard t;
CREATE SQL SECURITY INVOKER VIEW v_s_giftcard AS SELECT t.* FROM g0_s_giftcard t;
CREATE SQL SECURITY INVOKER VIEW v_f_loyalty AS SELECT t.* FROM g0_f_loyalty t;
CREATE SQL SECURITY INVOKER VIEW v_f_store_credit AS SELECT t.* FROM g0_f_store_credit t;
CREATE SQL SECURITY INVOKER VIEW v_f_account AS SELECT t.* FROM g0_f_account t;
CREATE SQL SECURITY INVOKER VIEW v_agg_employee_day AS
  SELECT t.*, t.units_e5 * 0.00001 AS units FROM g0_agg_employee_day t;
CREATE SQL SECURITY INVOKER VIEW v_agg_employee_act AS SELECT t.* FROM g0_agg_employee_act t;
CREATE SQL SECURITY INVOKER VIEW v_agg_tax_day AS SELECT t.* FROM g0_agg_tax_day t;
CREATE SQL SECURITY INVOKER VIEW v_agg_stock_day AS SELECT t.* FROM g0_agg_stock_day t;
CREATE SQL SECURITY INVOKER VIEW v_agg_giftcard_day AS SELECT t.* FROM g0_agg_giftcard_day t;
CREATE SQL SECURITY INVOKER VIEW v_agg_shift AS SELECT t.* FROM g0_agg_shift t;
CREATE SQL SECURITY INVOKER VIEW v_agg_shift_tax AS SELECT t.* FROM g0_agg_shift_tax t;
CREATE SQL SECURITY INVOKER VIEW v_agg_shift_tender AS SELECT t.* FROM g0_agg_shift_tender t;
CREATE SQL SECURITY INVOKER VIEW v_projection_offset AS SELECT t.* FROM g0_projection_offset t;
