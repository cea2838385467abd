"""GAE's truth: exact error over λ and over the error of the critic, and what was sampled."""

from __future__ import annotations

from rlviz.figures.curves import (
    Say,
    Stages,
    StageStyle,
    area,
    curve_table,
    end_label,
    iterations,
    newest,
    roles,
    smooth_line,
    thin_line,
)
from rlviz.figures.pieces import axes, line, missing, table
from rlviz.figures.references import Plain, color, ref, size, span
from rlviz.signals import signal

_PARTS = ("advantage_bias", "advantage_variance", "advantage_mse")
_LOOKS = ("dot", "dash", "solid")


def advantage_plane(stages: Stages, say: Say) -> Plain:
    """Exact error as colour, exact bias of the contrast as contours, and where the run stands."""
    layout = axes(say("trace decay (λ)"), say("error of the critic (share)"))
    return {
        "name": "advantage_plane",
        "title": say("λ against the error of the critic"),
        "short": say("truth plane"),
        "subtitle": say("dark: small error, exact; lines: bias of the contrast; green: best λ"),
        "plots": signal("plane_squared_error").formula,
        "reading": say(
            "Below, the critic is exact; above, it says the same everywhere. The point is where "
            "you stand. At λ = 0 above there is no variance and no signal; at λ = 1 the contrast "
            "between two actions is never biased. The green line slides to λ = 0 as the critic "
            "becomes right."
        ),
        **missing(say),
        "data": [trace for s in stages[:1] for trace in _plane(s, say)]
        + [_stand(s) for s in stages],
        "layout": layout
        | {
            "hovermode": "closest",
            "xaxis": layout["xaxis"] | {"range": [-0.02, 1.02], "tickformat": ".1f"},
            "yaxis": layout["yaxis"] | {"range": [-0.04, 1.04], "tickformat": ".1f"},
        },
        "summary": [_here(s, say) for s in stages],
        "table": table(
            stages,
            [say("error of the critic"), say("best λ")],
            ["plane_errors", "plane_best_lambda"],
            [2, 3],
            say,
        ),
    }


def advantage_samples(stages: Stages, say: Say) -> Plain:
    """Up to 1,000 sampled advantages of one pair, their exact mean and spread, and the truth."""
    levels = [ref("pair_levels", s.alias) for s in stages]
    ends = [ref("advantage_ends", s.alias) for s in stages]
    return {
        "name": "advantage_samples",
        "title": say("A thousand advantages of one action"),
        "short": say("samples"),
        "subtitle": say("bars: sampled; green line: exact A; point: exact mean ± sd of Â"),
        "plots": "E[(Â − A)²] = Var[Â] + (E[Â] − A)²",
        "reading": say(
            "All are estimates of the green line. How far their middle lies from it is the bias, "
            "how wide they scatter the variance. A small λ makes them narrow and wrong, a large "
            "one right on average and wide."
        ),
        **missing(say),
        "data": [trace for s in stages for trace in _samples(s, say)],
        "layout": {
            "xaxis": {
                "title": {"text": say("advantage (reward)")},
                "autorangeoptions": span(*levels, *ends, pad=0.05),
                "tickformat": ".2f",
            },
            "yaxis": {"title": {"text": say("samples (share)")}, "rangemode": "tozero"},
            "bargap": 0,
            "barmode": "overlay",
            "hovermode": "closest",
        },
        "summary": [sentence for s in stages for sentence in _sampled(s, say)],
        "table": table(
            stages,
            [say("advantage"), say("samples (share)")],
            ["pair_levels", "pair_shares"],
            [3, 3],
            say,
        ),
    }


def advantage_errors(stages: Stages, say: Say) -> Plain:
    """Exact bias², variance and their sum over λ, for the critic of now."""
    titles = (say("squared bias"), say("variance"), say("mean squared error"))
    every = [ref(name, s.alias) for s in stages for name in _PARTS]
    layout = axes(say("trace decay (λ)"), say("squared error (reward²)"))
    layout["xaxis"] |= {"range": [-0.02, 1.02], "tickformat": ".1f"}
    layout["yaxis"] |= {"autorangeoptions": span(*every, include=(0.0,), pad=0.03)}
    return {
        "name": "advantage_errors",
        "title": say("Bias and variance of the advantage"),
        "short": say("over λ"),
        "subtitle": say("exact, for the critic of now; the point is the λ of now"),
        "plots": signal("advantage_mse").formula,
        "reading": say(
            "Dotted: squared bias. Dashed: variance. Solid: their sum. A longer look ahead is not "
            "simply more exact: it trades the critic's error for chance."
        ),
        **missing(say),
        "data": [
            *(
                _part(s, name, title, look)
                for s in stages
                for name, title, look in zip(_PARTS, titles, _LOOKS, strict=True)
            ),
            *(_at(s, "lambda_now", "advantage_mse_now") for s in stages),
        ],
        "layout": layout,
        "summary": [_least(s, say) for s in stages],
        "table": table(
            stages,
            [say("trace decay"), *titles],
            ["plane_lambdas", *_PARTS],
            [3, 4, 4, 4],
            say,
        ),
    }


def advantage_distance(stages: Stages, say: Say) -> Plain:
    """How far the advantages of a batch are from the exact ones, over time."""
    name = "advantage_distance"
    ends = [ref(name, s.alias, column="mean", stat="max") for s in stages]
    return {
        "name": name,
        "title": say("Advantages against the exact ones"),
        "short": say("distance over time"),
        "subtitle": say("root mean square over a batch; mean ± sd of replicas"),
        "plots": signal(name).formula,
        "reading": say(
            "0 would be exact. Bias and chance are both in it: a single batch can not tell which "
            "of them it is."
        ),
        "missing": say("The distance is measured now and then; the first time is still to come."),
        "data": [
            *(area(s, name) for s in stages),
            *(thin_line(s, name, "mean") for s in stages),
            *(smooth_line(s, name, 3) for s in stages),
        ],
        "labels": [end_label(s, name, s.title) for s in stages],
        "layout": {
            "xaxis": iterations(stages, say),
            "yaxis": {
                "title": {"text": say("distance (reward)")},
                "autorangeoptions": span(*ends, include=(0.0,)),
                "rangemode": "tozero",
            },
        },
        **roles(stages),
        "summary": [
            {
                "text": say("{title}: the advantages of a batch are {now:.3f} off."),
                "slots": {"title": s.title, "now": newest(s, name)},
            }
            for s in stages
        ],
        "table": curve_table(stages, name, 4, say),
    }


def _plane(stage: StageStyle, say: Say) -> list[Plain]:
    at = {"x": ref("plane_lambdas", stage.alias), "y": ref("plane_errors", stage.alias)}
    heat = {
        "type": "heatmap",
        **at,
        "z": ref("plane_root_error", stage.alias),
        "colorscale": "Viridis",
        "showscale": False,
        "zsmooth": "best",
        "hovertemplate": say("λ %{x:.2f}, error of the critic %{y:.2f}: √MSE %{z:.3f}")
        + "<extra></extra>",
    }
    worst = ref("plane_contrast_bias", stage.alias, stat="min")
    lines = {
        "type": "contour",
        **at,
        "z": ref("plane_contrast_bias", stage.alias),
        "autocontour": False,
        "contours": {
            "coloring": "none",
            "showlabels": True,
            "labelfont": {"color": "white"},
            "start": worst | {"scale": 0.9},
            "end": worst | {"scale": 0.14},
            "size": worst | {"stat": "max", "scale": -0.15, "shift": 1e-6},  # never 0
        },
        "line": {"color": "white", "width": size("thin")},
        "showscale": False,
        "hoverinfo": "skip",
    }
    best = line(stage, "plane_best_lambda", "plane_errors", color("truth"))
    best |= {"name": say("best λ"), "hovertemplate": "λ* %{x:.3f}"}
    return [heat, lines, best]


def _stand(stage: StageStyle) -> Plain:
    """The λ of now and how flat the critic of now is."""
    return _at(stage, "lambda_now", "critic_error_now") | {
        "cliponaxis": False,
        "hovertemplate": "λ %{x:.2f}, %{y:.2f}",
    }


def _at(stage: StageStyle, x: str, y: str) -> Plain:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": stage.title,
        "x": [ref(x, stage.alias)],
        "y": [ref(y, stage.alias)],
        "marker": {
            "color": color("reward"),
            "symbol": {"$symbol": stage.role},
            "size": 13,
            "line": {"color": color("ink"), "width": size("thin")},
        },
        "hovertemplate": "λ %{x:.2f}: %{y:.4f}",
    }


def _samples(stage: StageStyle, say: Say) -> list[Plain]:
    top = ref("pair_shares", stage.alias, stat="max")
    true = ref("advantage_true", stage.alias)
    bars = {
        "type": "bar",
        "name": say("samples (share)"),
        "x": ref("pair_levels", stage.alias),
        "y": ref("pair_shares", stage.alias),
        "marker": {"color": color(stage.role, 0.6)},
        "hovertemplate": "%{x:.3f}: %{y:.3f}",
    }
    exact = {
        "type": "scatter",
        "mode": "lines",
        "name": say("exact advantage"),
        "x": [true, true],
        "y": [0, top],
        "line": {"color": color("truth"), "width": size("line")},
        "hoverinfo": "skip",
    }
    band = {
        "type": "data",
        "array": [ref("advantage_deviation", stage.alias)],
        "color": color("truth"),
        "thickness": size("truth"),
        "width": 6,
    }
    middle = {
        "type": "scatter",
        "mode": "markers",
        "name": say("exact mean ± sd"),
        "x": [ref("advantage_mean", stage.alias)],
        "y": [ref("pair_shares", stage.alias, stat="max", scale=1.08)],
        "error_x": band,
        "marker": {"color": color("truth"), "symbol": "circle", "size": 9},
        "hovertemplate": "%{x:.4f}",
    }
    return [bars, exact, middle]


def _part(stage: StageStyle, name: str, title: str, look: str) -> Plain:
    whole = look == _LOOKS[-1]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{stage.title}: {title}",
        "x": ref("plane_lambdas", stage.alias),
        "y": ref(name, stage.alias),
        "line": {
            "color": color(stage.role, None if whole else 0.7),
            "dash": look,
            "width": size("line" if whole else "thin"),
        },
        "hovertemplate": "%{y:.4f}",
    }


def _here(stage: StageStyle, say: Say) -> Plain:
    return {
        "text": say(
            "{title}: at λ = {now:.2f} and an error of the critic of {flat:.2f} the mean squared "
            "error is {mse:.4f}, and the contrast between the two actions is off by {bias:.3f}."
        ),
        "slots": {
            "title": stage.title,
            "now": ref("lambda_now", stage.alias),
            "flat": ref("critic_error_now", stage.alias),
            "mse": ref("advantage_mse_now", stage.alias),
            "bias": ref("contrast_bias_now", stage.alias),
        },
    }


def _sampled(stage: StageStyle, say: Say) -> list[Plain]:
    found = {
        "title": stage.title,
        "n": ref("sampled_count", stage.alias),
        "mean": ref("sampled_mean", stage.alias),
        "sd": ref("sampled_deviation", stage.alias),
        "mse": ref("sampled_mse", stage.alias),
        "expected": ref("advantage_mean", stage.alias),
        "spread": ref("advantage_deviation", stage.alias),
        "error": ref("advantage_mse_now", stage.alias),
        "true": ref("advantage_true", stage.alias),
    }
    sampled = say(
        "{title}: {n:,d} sampled advantages have a mean of {mean:.3f} ± {sd:.3f} and a mean "
        "squared error of {mse:.4f}."
    )
    exact = say(
        "Exactly the estimate is {expected:.3f} ± {spread:.3f} with {error:.4f}; the advantage "
        "itself is {true:.3f}."
    )
    return [{"text": sampled, "slots": found}, {"text": exact, "slots": found}]


def _least(stage: StageStyle, say: Say) -> Plain:
    slots = {
        "title": stage.title,
        "least": ref("advantage_mse", stage.alias, stat="min"),
        "first": ref("advantage_mse", stage.alias, stat="first"),
        "last": ref("advantage_mse", stage.alias, stat="last"),
        "now": ref("advantage_mse_now", stage.alias),
    }
    form = say(
        "{title}: mean squared error {first:.4f} with λ = 0, {last:.4f} with λ = 1, {now:.4f} with "
        "the λ of now and {least:.4f} at best."
    )
    return {"text": form, "slots": slots}
