"""Equations as pure functions, one concept a file.

Time-indexed names, explained once: a transition is `(q_tm1, a_tm1, r_t, discount_t, q_t)`, where
`_tm1` is the step before and `_t` the step after. `r_t` is the reward on arriving at t, which
Sutton & Barto and our pages write r_{t+1} for the pair (s_t, a_t): the same number. `discount_t`
is γ, and 0 where the episode terminated (not where a time limit cut it). Leading axes are batch
axes in all arguments.
"""
