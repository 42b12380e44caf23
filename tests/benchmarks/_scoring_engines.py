"""The kernel's job in other engines: each gives the sums per firm, the tail is shared.

``tables`` holds the columns of the whole programme with codes that run through all counties.
Every engine does severity, assessor mean, piecewise scale, weighted mean over the criteria
present, decay, village cap and firm sums; posterior, probabilities and tier are
``kernel.grade_firms`` for all of them.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

from certification.domain.kernel import Sums, decay_weights


def with_pandas(tables, season):
    """Plain pandas: two-column group-bys, as one would write it first."""
    ratings = tables["ratings"]
    adjusted = ratings.assign(
        rating=ratings["rating"] - np.array(season.severity)[ratings["assessor"]]
    )
    means = adjusted.groupby(["delivery", "criterion"])["rating"].mean().unstack()  # noqa: PD010
    weighted, present = 0.0, 0.0
    for code, one in enumerate(season.criteria):
        utility = np.interp(means[code], *zip(*one.knots, strict=True))
        rated = means[code].notna()
        weighted += one.weight * np.where(rated, utility, 0.0)
        present += one.weight * rated
    scored = pd.DataFrame({"score": 100 * weighted / present, "missing": 1 - present})
    table = tables["deliveries"].join(scored)
    omega = decay_weights(table["age"].to_numpy(), season.half_life, season.window)
    table["omega"] = np.where(table["score"].isna(), 0.0, omega)
    in_village = table.groupby(["firm", "village"])["omega"].transform("sum")
    table["omega"] *= np.minimum(1.0, season.village_cap / in_village.where(in_village > 0, 1.0))
    table = table[table["omega"] > 0]
    table = table.assign(
        weighted=table["omega"] * table["score"], missing=table["omega"] * table["missing"]
    )
    by_firm = table.groupby("firm")
    sums = by_firm[["omega", "weighted", "missing"]].sum()
    sums["count"], sums["villages"] = by_firm.size(), by_firm["village"].nunique()
    return _sums(sums.reindex(range(len(tables["firms"])), fill_value=0))


def _sums(frame):
    names = ("count", "omega", "weighted", "missing", "villages")
    return Sums(*(frame[name].to_numpy() for name in names))


def _ramps(knots):
    """A piecewise scale as its first utility and slopes over clipped stretches."""
    return knots[0][1], [(x0, x1, (u1 - u0) / (x1 - x0)) for (x0, u0), (x1, u1) in pairwise(knots)]


def with_polars(tables, season):
    """Polars, lazy, on all its threads."""
    import polars as pl

    severity = pl.Series(season.severity)
    means = (
        tables["ratings_pl"]
        .lazy()
        .with_columns(
            pl.col("rating").cast(pl.Float64) - pl.lit(severity).gather(pl.col("assessor"))
        )
        .group_by("delivery", "criterion")
        .agg(pl.col("rating").mean())
        .with_columns(weight=_by_criterion(pl, [pl.lit(one.weight) for one in season.criteria]))
        .with_columns(
            utility=_by_criterion(pl, [_polars_scale(pl, one.knots) for one in season.criteria])
        )
    )
    scored = means.group_by("delivery").agg(
        score=100 * (pl.col("weight") * pl.col("utility")).sum() / pl.col("weight").sum(),
        missing=1 - pl.col("weight").sum(),
    )
    omega = 2 ** (-pl.col("age").cast(pl.Float64) / season.half_life)
    capped = pl.col("omega") * (season.village_cap / pl.col("omega").sum()).clip(
        upper_bound=1.0
    ).over("firm", "village")
    by_firm = (
        tables["deliveries_pl"]
        .lazy()
        .join(scored, on="delivery")
        .filter(pl.col("age") <= season.window)
        .with_columns(omega=omega)
        .with_columns(omega=capped)
        .group_by("firm")
        .agg(
            pl.len().alias("count"),
            (pl.col("omega") * pl.col("score")).sum().alias("weighted"),
            (pl.col("omega") * pl.col("missing")).sum().alias("missing"),
            pl.col("village").n_unique().alias("villages"),
            pl.col("omega").sum(),
        )
        .collect()
    )
    frame = pd.DataFrame(by_firm.to_dict(as_series=False)).set_index("firm")
    return _sums(frame.reindex(range(len(tables["firms"])), fill_value=0))


def _by_criterion(pl, expressions):
    chosen = expressions[0]
    for code, expression in enumerate(expressions[1:], start=1):
        chosen = pl.when(pl.col("criterion") == code).then(expression).otherwise(chosen)
    return chosen


def _polars_scale(pl, knots):
    start, ramps = _ramps(knots)
    return sum(
        (slope * (pl.col("rating").clip(x0, x1) - x0) for x0, x1, slope in ramps), pl.lit(start)
    )


def with_duckdb(tables, season):
    """DuckDB SQL over loaded tables, on all its threads."""
    weight = _case([repr(one.weight) for one in season.criteria])
    utility = _case([_sql_scale(one.knots) for one in season.criteria])
    by_firm = (
        tables["duckdb"]
        .execute(
            f"""
        with means as (
          select delivery, criterion, avg(rating::double - severity.value) as mean
          from ratings join severity using (assessor) group by delivery, criterion
        ), scored as (
          select delivery, 100 * sum({weight} * {utility}) / sum({weight}) as score,
            1 - sum({weight}) as missing
          from means group by delivery
        ), aged as (
          select firm, village, score, missing, pow(2, -age::double / {season.half_life}) as omega
          from deliveries join scored using (delivery) where age <= {season.window}
        ), capped as (
          select firm, village, score, missing, omega * least(1, {season.village_cap} /
            sum(omega) over (partition by firm, village)) as omega
          from aged
        )
        select firm, count(*) as count, sum(omega) as omega, sum(omega * score) as weighted,
          sum(omega * missing) as missing, count(distinct village) as villages
        from capped group by firm
        """
        )
        .df()
    )
    return _sums(by_firm.set_index("firm").reindex(range(len(tables["firms"])), fill_value=0))


def _case(values):
    whens = " ".join(f"when {code} then {value}" for code, value in enumerate(values))
    return f"(case criterion {whens} end)"


def _sql_scale(knots):
    start, ramps = _ramps(knots)
    parts = [f"{slope!r} * (least(greatest(mean, {x0}), {x1}) - {x0})" for x0, x1, slope in ramps]
    return f"({' + '.join([repr(start), *parts])})"


def load_polars(tables):
    """Give polars its own tables before the clock starts."""
    import polars as pl

    for name in ("ratings", "deliveries"):
        frame = tables[name]
        columns = {column: frame[column].to_numpy() for column in frame}
        if name == "deliveries":
            columns["delivery"] = np.arange(len(frame), dtype=np.int32)
        tables[f"{name}_pl"] = pl.DataFrame(columns)


def load_duckdb(tables, season):
    """Give DuckDB its own tables before the clock starts."""
    import duckdb

    base = duckdb.connect()
    code = np.arange(len(tables["deliveries"]), dtype=np.int32)
    base.register("given_ratings", tables["ratings"])
    base.register("given_deliveries", tables["deliveries"].assign(delivery=code))
    base.register("given_severity", pd.DataFrame({"value": season.severity}).reset_index())
    base.execute("create table ratings as from given_ratings")
    base.execute("create table deliveries as from given_deliveries")
    base.execute("create table severity as select index as assessor, value from given_severity")
    tables["duckdb"] = base
