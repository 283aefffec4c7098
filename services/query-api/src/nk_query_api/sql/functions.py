"""Functions that SQL from outside may call. What is not named here is refused.

Each was looked at in the catalogue of DuckDB 2.0. Left out are those that read or write anything but their
arguments (files, settings, variables, sequences, logs, the catalogue), those that sleep, those that run text as
SQL or as the name of another function (`list_aggregate`), those that work on DuckDB's own inner formats, and those
that make much out of little (`repeat`, `range` as a list) or take the square of a text's length (`levenshtein`):
DuckDB interrupts nothing within one call, and does not count all that one call takes from memory.
"""

from __future__ import annotations

_OPERATORS = """
    + - * / // % ^ ** & | ~ << >> @ || @> <@ && ^@ -> ->> ~~ !~~ ~~* !~~* ~~~
    like_escape not_like_escape ilike_escape not_ilike_escape
"""
_NUMBERS = """
    abs add subtract multiply divide mod fmod fdiv ceil ceiling floor round round_even roundbankers trunc even sign
    signbit sqrt cbrt pow power exp ln log log10 log2 lgamma gamma pi degrees radians sin cos tan cot asin acos atan
    atan2 sinh cosh tanh asinh acosh atanh gcd greatest_common_divisor lcm least_common_multiple factorial nextafter
    isnan isinf isfinite bit_count xor random greatest least
"""
_TEXTS = """
    concat concat_ws length len char_length character_length strlen octet_length bit_length length_grapheme
    lower lcase upper ucase trim ltrim rtrim left right left_grapheme right_grapheme substr substring
    substring_grapheme overlay reverse strip_accents nfc_normalize
    contains starts_with ends_with prefix suffix instr position strpos
    ascii ord unicode chr to_hex hex to_binary bin md5 sha1 sha256 hash
    split split_part string_split str_split string_to_array string_split_regex str_split_regex regexp_split_to_array
    regexp_matches regexp_full_match regexp_extract regexp_extract_all regexp_escape
    hamming mismatches jaccard
    format_bytes formatreadablesize formatreadabledecimalsize
"""
SIZED = {"lpad": 1, "rpad": 1}
"""Functions whose result has the length that an argument says: which argument, counted from 0."""
REPLACING = {"replace": 2, "regexp_replace": 2, "translate": 2}
"""Functions that put a text in many places: which argument that text is."""
FORMATTING = {"format", "printf"}
"""Functions whose first argument may ask for a width."""
_DATES = """
    now today current_date current_timestamp current_localtime current_localtimestamp get_current_timestamp
    get_current_time transaction_timestamp
    date_part datepart date_trunc datetrunc date_diff datediff date_sub datesub date_add age ago last_day
    days_in_month time_bucket timezone timezone_hour timezone_minute make_date make_time make_timestamp
    make_timestamptz make_timestamp_ms make_timestamp_ns strftime strptime try_strptime
    year month day quarter week weekofyear yearweek isoyear isodow dayofweek weekday dayofmonth dayofyear
    decade century millennium era julian hour minute second millisecond microsecond nanosecond dayname monthname
    epoch epoch_ms epoch_us epoch_ns to_timestamp
    to_years to_months to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds to_quarters
    to_decades to_centuries to_millennia normalized_interval
"""
_CHOICES = "if nullif switch typeof"
_LISTS = """
    unnest list_value array_value list_pack flatten row map map_from_entries map_entries map_keys map_values
    map_extract map_extract_value map_contains map_contains_entry map_contains_value map_concat element_at cardinality
    struct_pack struct_extract struct_extract_at struct_insert struct_update struct_concat struct_keys struct_values
    list_extract list_element array_extract list_slice array_slice list_concat list_cat array_concat array_cat
    list_append array_append array_push_back list_prepend array_prepend array_push_front array_pop_back
    array_pop_front list_contains list_has array_contains array_has list_has_all array_has_all list_has_any
    array_has_any list_position list_indexof array_position array_indexof list_intersect array_intersect
    list_distinct array_distinct list_unique array_unique list_sort array_sort list_reverse_sort array_reverse_sort
    list_reverse array_reverse list_grade_up array_grade_up grade_up list_where array_where list_select array_select
    list_zip array_zip array_length
    list_transform list_apply array_transform array_apply apply list_filter array_filter filter
    list_any_value list_avg list_approx_count_distinct list_bit_and list_bit_or list_bit_xor list_bool_and
    list_bool_or list_count list_entropy list_first list_histogram list_kurtosis list_kurtosis_pop list_last list_mad
    list_max list_median list_min list_mode list_product list_sem list_skewness list_stddev_pop list_stddev_samp
    list_sum list_var_pop list_var_samp list_string_agg array_to_string array_to_string_comma_default
"""
_JSON = """
    json json_extract json_extract_path json_extract_string json_extract_path_text json_value json_exists
    json_contains json_array_length json_keys json_type json_valid json_object json_array to_json row_to_json
    array_to_json from_json from_json_strict json_transform json_transform_strict json_structure
"""
_AGGREGATES = """
    count count_star count_if countif sum sum_no_overflow fsum kahan_sum sumkahan avg mean favg product min max
    min_by max_by argmin argmax arg_min arg_max arg_min_null arg_max_null arg_min_nulls_last arg_max_nulls_last
    any_value arbitrary first last list array_agg string_agg group_concat listagg histogram histogram_exact
    median mode quantile quantile_cont quantile_disc approx_quantile reservoir_quantile approx_count_distinct
    approx_top_k mad stddev stddev_pop stddev_samp variance var_pop var_samp sem skewness kurtosis kurtosis_pop
    entropy corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx
    regr_sxy regr_syy bool_and bool_or bit_and bit_or bit_xor geomean geometric_mean wavg weighted_avg lttb
"""
_WINDOWS = """
    row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value nth_value fill
"""
ALLOWED = frozenset(
    " ".join((_OPERATORS, _NUMBERS, _TEXTS, _DATES, _CHOICES, _LISTS, _JSON, _AGGREGATES, _WINDOWS)).split()
) | {*SIZED, *REPLACING, *FORMATTING}
"""Names in lower case, of scalar, aggregate and window functions and of DuckDB's own macros."""

TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
"""Functions that may stand in FROM: they produce rows one after the other, and can be interrupted."""

NO_COLUMNS = frozenset(
    {
        "current_catalog",
        "current_database",
        "current_role",
        "current_schema",
        "current_user",
        "session_user",
        "user",
    }
)
"""Names that SQL takes for a function although they look like a column."""

_TYPES = """
    bool boolean logical tinyint smallint int integer bigint hugeint utinyint usmallint uinteger ubigint uhugeint
    int1 int2 int4 int8 int16 int32 int64 int128 short long signed integral uint8 uint16 uint32 uint64 uint128
    real float float4 float8 double decimal dec numeric varchar char bpchar text string nvarchar
    date time timestamp datetime timestamptz timestamp_s timestamp_ms timestamp_us timestamp_ns interval
    list array struct row tuple map json uuid
"""
TYPES = frozenset(_TYPES.split()) | {"timestamp with time zone"}
"""Types that a value may be cast to."""
