"""How far the epochs of a batch go: KL and its estimates, what samples are worth, and β."""

from __future__ import annotations

from rlviz.figures import pieces
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
from rlviz.figures.references import Leaf, Plain, color, iteration, ref, size, span
from rlviz.signals import signal

_KL = (("inner_kl", "solid"), ("inner_k1", "dot"), ("inner_k3", "dash"))
_SHARES = (
    ("inner_effective", "solid"),
    ("inner_outside", "dash"),
    ("inner_binding", "dot"),
)


def inner_kl(stages: Stages, say: Say) -> Plain:
    """KL from the old policy after each epoch, exact and estimated."""
    titles = [say("exact KL"), "k1", "k3"]
    every = [ref(name, s.alias) for s in stages for name, _ in _KL]
    band = [_level(s, "band_kl", say("most that the band allows"), "longdash") for s in stages]
    return _by_epoch(
        "inner_kl",
        {
            "title": say("How far the policy has gone"),
            "short": say("how far"),
            "subtitle": say(
                "KL(π_old‖π) after each epoch; solid: exact in each state; dotted: k1; dashed: k3; "
                "green: the most that the band allows"
            ),
            "reading": say(
                "As long as every ratio is in the band, KL stays below the green line. Nothing "
                "keeps the ratios there. k1 and k3 are estimates from the same samples that the "
                "policy was fitted to: they, too, go astray with it."
            ),
        },
        {
            "title": {"text": say("KL divergence (nat)")},
            "autorangeoptions": span(*every, include=(0.0,), pad=0.05),
        },
        [*band, *_lines(stages, _KL, titles)],
        (_KL, titles),
        stages,
        say,
    )


def inner_shares(stages: Stages, say: Say) -> Plain:
    """What share of the samples counts, is outside, is silent."""
    titles = [say("count (ESS/N)"), say("outside the band"), say("silent")]
    return _by_epoch(
        "inner_shares",
        {
            "title": say("Two clip fractions, and what samples are worth"),
            "short": say("shares"),
            "subtitle": say(
                "shares of the batch; solid: effective samples; dashed: ratios outside the band; "
                "dotted: silenced by the clip"
            ),
            "reading": say(
                "Libraries mean one of two things by clip fraction. Outside the band (CleanRL, "
                "Stable-Baselines3) is never less than silenced (verl, TRL): half of the ways out "
                "keep their gradient."
            ),
        },
        {
            "title": {"text": say("samples (share)")},
            "autorangeoptions": span(include=(0.0, 1.0), exact=True),
        },
        _lines(stages, _SHARES, titles),
        (_SHARES, titles),
        stages,
        say,
    )


def penalty_weight(stages: Stages, say: Say) -> Plain:
    """β, iteration by iteration, on a logarithmic axis."""
    every = [ref("beta", s.alias, column="mean") for s in stages]
    ticks = [digit * 10.0**power for power in range(-6, 7) for digit in (1, 3)]
    words = {
        "title": say("β, a thermostat"),
        "short": say("thermostat"),
        "subtitle": say("weight of the penalty; mean ± sd of replicas; logarithmic"),
        "reading": say(
            "Doubled when KL was more than 1.5 times what is aimed at, halved when it was less "
            "than that divided by 1.5. It settles where one batch's epochs go as far as they shall."
        ),
        "sentence": say("{title}: β is now {now:.4f}."),
    }
    scale: Plain = {
        "title": {"text": say("weight of the penalty (β)")},
        "type": "log",
        "autorangeoptions": span(*every, log=True),
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [f"{tick:g}" for tick in ticks],
    }
    return _over_time("penalty_weight", "beta", words, scale, stages, say)


def batch_kl(stages: Stages, say: Say) -> Plain:
    """KL at the end of each batch, beside what is aimed at and where β is turned."""
    every = [ref("batch_kl", s.alias, column="mean", quantile=0.98) for s in stages]
    aims = [ref("kl_target", s.alias, scale=1.6) for s in stages]
    words = {
        "title": say("KL at the end of each batch"),
        "short": say("KL of a batch"),
        "subtitle": say("exact in each state; green: what is aimed at; dotted: where β is turned"),
        "reading": say(
            "Between the dotted lines β is left alone. Above them it is doubled, below them halved."
        ),
        "sentence": say("{title}: KL at the end of a batch is now {now:.4f}."),
    }
    scale: Plain = {
        "title": {"text": say("KL divergence (nat)")},
        "autorangeoptions": span(*every, *aims, include=(0.0,), pad=0.05),
    }
    figure = _over_time("batch_kl", "batch_kl", words, scale, stages, say)
    return figure | {"data": [*(t for s in stages for t in _aims(s, say)), *figure["data"]]}


def _by_epoch(
    name: str,
    words: Plain,
    scale: Plain,
    data: list[Plain],
    lines: tuple[tuple[tuple[str, str], ...], list[str]],
    stages: Stages,
    say: Say,
) -> Plain:
    names, titles = [n for n, _ in lines[0]], lines[1]
    return {
        "name": name,
        **words,
        "plots": signal(names[0]).formula or "KL(π_old‖π), k1, k3",
        **pieces.missing(say),
        "data": data,
        "layout": {
            "xaxis": {"title": {"text": say("epoch (number)")}, "tickformat": "d"},
            "yaxis": scale,
        },
        "summary": [_last(s, names, titles, say) for s in stages],
        "table": pieces.table(
            stages,
            [say("epoch"), *titles],
            ("inner_epochs", *names),
            (0, *[4] * len(names)),
            say,
        ),
    }


def _over_time(
    name: str, of: str, words: dict[str, str], scale: Plain, stages: Stages, say: Say
) -> Plain:
    sentence = words.pop("sentence")
    return {
        "name": name,
        **words,
        "plots": signal(of).formula or signal(of).symbol,
        "missing": say("No batch has ended yet: the curve begins with the first one."),
        "data": [
            *(area(s, of) for s in stages),
            *(thin_line(s, of, "mean") for s in stages),
            *(smooth_line(s, of, 4) for s in stages),
        ],
        "labels": [end_label(s, of, s.title) for s in stages],
        "layout": {"xaxis": iterations(stages, say), "yaxis": scale},
        **roles(stages),
        "summary": [
            {"text": sentence, "slots": {"title": s.title, "now": newest(s, of)}} for s in stages
        ],
        "table": curve_table(stages, of, 4, say),
    }


def _lines(stages: Stages, lines: tuple[tuple[str, str], ...], titles: list[str]) -> list[Plain]:
    return [
        pieces.line(s, "inner_epochs", name, color(s.role))
        | {
            "mode": "lines+markers",
            "name": f"{s.title}: {title}",
            "line": {"color": color(s.role), "dash": look, "width": size("line")},
            "marker": {"color": color(s.role), "symbol": {"$symbol": s.role}, "size": 6},
            "hovertemplate": "%{y:.4f}",
        }
        for s in stages
        for (name, look), title in zip(lines, titles, strict=True)
    ]


def _level(stage: StageStyle, name: str, title: str, look: Leaf) -> Plain:
    """A green line across all epochs."""
    last = ref("inner_epochs", stage.alias, stat="max")
    return {
        "type": "scatter",
        "mode": "lines",
        "name": title,
        "x": [1, last],
        "y": [ref(name, stage.alias)] * 2,
        "line": {"color": color("truth"), "dash": look, "width": size("truth")},
        "hovertemplate": "%{y:.4f}",
    }


def _aims(stage: StageStyle, say: Say) -> list[Plain]:
    kinds = ((1.0, "solid", say("what is aimed at")), (1.5, "dot", say("β is doubled above")))
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": title,
            "x": [0, iteration(stage.alias)],
            "y": [ref("kl_target", stage.alias, scale=times)] * 2,
            "line": {"color": color("truth"), "dash": look, "width": size("truth")},
            "hovertemplate": "%{y:.4f}",
        }
        for times, look, title in (*kinds, (1 / 1.5, "dot", say("β is halved below")))
    ]


def _last(stage: StageStyle, names: list[str], titles: list[str], say: Say) -> Plain:
    form = say("{title}, after the last epoch: {a} {first:.4f}, {b} {second:.4f}, {c} {third:.4f}.")
    slots: Plain = {"title": stage.title}
    for letter, title in zip("abc", titles, strict=True):
        slots[letter] = title
    for place, name in zip(("first", "second", "third"), names, strict=True):
        slots[place] = ref(name, stage.alias, stat="last")
    return {"text": form, "slots": slots}
