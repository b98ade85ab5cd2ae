"""What the attacks of one command share: utterances, plans, and the networks of rivals."""

from collections.abc import Sequence
from pathlib import Path

import torch

from menan.analysis.attack.attack_network import AttackPlan, Roles, plan_attack
from menan.analysis.attack.attacked import Attacked
from menan.analysis.attack.network_releases import AttackedNetwork, attacked_networks
from menan.analysis.attack.targets import read_attacked


class SharedWork:
    """Reads, plans and runs each thing once; use it for one command only, while no file changes."""

    def __init__(self) -> None:
        self._attacked: dict[tuple[Path | None, ...], Attacked] = {}
        self._plans: dict[tuple[int, Roles, int], AttackPlan] = {}
        self._networks: dict[tuple[object, ...], list[AttackedNetwork]] = {}

    def attacked(self, feats: Path, other_feats: Path | None, labels: Path | None) -> Attacked:
        """The utterances of :func:`read_attacked`."""
        key = (feats, other_feats, labels)
        if key not in self._attacked:
            self._attacked[key] = read_attacked(*key)
        return self._attacked[key]

    def plan(self, attacked: Attacked, roles: Roles, where: str, seed: int) -> AttackPlan:
        """The plan of :func:`plan_attack`; ``attacked`` must be one of :meth:`attacked`."""
        key = (id(attacked), roles, seed)
        if key not in self._plans:
            self._plans[key] = plan_attack(attacked, roles, where, seed)
        return self._plans[key]

    def networks(
        self, systems: Sequence[Path], rule: str, attacked: Attacked, device: torch.device
    ) -> list[AttackedNetwork]:
        """The networks of :func:`attacked_networks`."""
        key = (tuple(systems), rule, id(attacked), device)
        if key not in self._networks:
            self._networks[key] = attacked_networks(systems, rule, attacked, device)
        return self._networks[key]
