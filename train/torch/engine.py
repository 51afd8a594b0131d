"""The torch engine of winnow: gradients, updates and losses by PyTorch and PEFT.

winnow starts this script and drives it. Commands come as JSON lines on standard input, each is answered by one JSON line on standard output;
all that libraries print goes to standard error. Start at `Worker`, whose methods are the commands. Under torchrun every process runs this
script; the first one reads the commands and hands them to the others.

A part is some rows of token ids, flat: `tokens` and `targets` (int32, base64; target -100 carries no loss), `rows` and `starts` (offsets of
the rows, and of the documents in them), `weights` (one a row, optional). For pairs rows 2i and 2i+1 are the chosen and the rejected answer.
"""

import base64
import contextlib
import datetime
import json
import math
import os
import queue
import signal
import sys
import threading
import time
import traceback

import torch
import torch.distributed as dist
import torch.nn.functional as F

IGNORED = -100


def decode(text):
    """int32 values from base64."""
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.int32).long()


class Batch:
    """A part laid out as [rows, longest], with what attention and the loss need."""

    def __init__(self, part, device):
        tokens, targets = decode(part["tokens"]), decode(part["targets"])
        ends = part["rows"][1:] + [len(tokens)]
        lengths = [end - begin for begin, end in zip(part["rows"], ends)]
        shape = (len(lengths), max(lengths))
        valid = torch.zeros(shape, dtype=torch.bool)
        for i, n in enumerate(lengths):
            valid[i, :n] = True
        starts = torch.zeros(len(tokens), dtype=torch.long)
        starts[part["starts"]] = torch.tensor(part["starts"])
        begin = torch.cummax(starts, 0).values  # of each token's document

        def spread(values, fill):
            out = torch.full(shape, fill, dtype=torch.long)
            out[valid] = values
            return out.to(device)

        self.ids, self.targets = spread(tokens, 0), spread(targets, IGNORED)
        self.positions = spread(torch.arange(len(tokens)) - begin, 0)
        self.documents = spread(begin, -1)
        self.lengths = spread(torch.bincount(begin, minlength=len(tokens))[begin], 1)  # of each token's document
        self.valid = valid.to(device)
        self.labelled = self.targets != IGNORED
        weights = part.get("weights") or [1.0] * len(lengths)
        self.weights = torch.tensor(weights, dtype=torch.float32, device=device)

    def mask(self, window):
        """[rows, 1, longest, longest]: what each token sees of its own document, at most window tokens back; 0 is no limit."""
        n = torch.arange(self.ids.shape[1], device=self.ids.device)
        back = n[:, None] - n[None, :]
        near = (back >= 0) & (back < window) if window else back >= 0
        return ((self.documents[:, :, None] == self.documents[:, None, :]) & near)[:, None]


class Worker:
    """One process's share of the run."""

    def __init__(self, rank, world):
        self.rank, self.world = rank, world

    # Commands.

    def setup(self, c):
        from transformers import AutoModelForCausalLM

        self.c = c
        if c["threads"]:
            torch.set_num_threads(max(1, c["threads"] // self.world))
        local = int(os.environ.get("LOCAL_RANK", 0))
        self.device = torch.device("cuda", local) if torch.cuda.is_available() and not c["cpu"] else torch.device("cpu")
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        self.half = c["precision"] == "bf16"
        frozen = torch.bfloat16 if self.half and c["lora"] else torch.float32

        def open_model(folder, dtype):
            return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa", local_files_only=True)

        model = open_model(c["model"], frozen)
        self.reference = None
        if c["reference"]:
            self.reference = open_model(c["reference"], frozen).requires_grad_(False).eval().to(self.device)
        self.windows = self.sliding(model.config)
        if c["recompute"]:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        self.noise = None
        if c["neftune"]:
            model.get_input_embeddings().register_forward_hook(self.blur)
        if c["lora"]:
            from peft import LoraConfig, get_peft_model

            model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", bias="none", **c["lora"]))
        named = {name.replace(".default.", "."): p for name, p in model.named_parameters()}
        missing = [name for name in c["trainable"] if name not in named]
        if missing:
            raise ValueError(f"the model as transformers loads it has no parameter {missing[0]!r}, and {len(missing) - 1} more are missing")
        for p in named.values():
            p.requires_grad_(False)
        for name in c["trainable"]:
            named[name].requires_grad_(True)
        if c["sharded"]:
            self.shard(model)
            named = {name.replace(".default.", "."): p for name, p in model.named_parameters()}
        else:
            model.to(self.device)
        self.model = model.train()
        self.params = {name: named[name] for name in c["trainable"]}
        decay = set(c["decay"])
        groups = [[p for name, p in self.params.items() if (name in decay) == wanted] for wanted in (True, False)]
        self.optimiser = torch.optim.AdamW(
            [{"params": g, "weight_decay": d} for g, d in zip(groups, (c["weight_decay"], 0.0)) if g],
            lr=c["learning_rate"], betas=(c["beta1"], c["beta2"]), eps=c["eps"],
        )
        self.load(self.params, c["params"], "")
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"
        return {"torch": torch.__version__, "device": name, "processes": self.world}

    def begin(self, c):
        torch.manual_seed(c["seed"] + self.rank)  # of dropout
        for p in self.params.values():
            p.grad = torch.zeros_like(p)
        return {}

    def gradient(self, c):
        part, mine = self.mine(c["parts"])
        out = torch.zeros(2, dtype=torch.float64)
        if part is not None:
            batch = Batch(part, self.device)
            total, won = self.objective(batch)
            scale = 1 / c["norm"] * (self.world if self.c["sharded"] else 1)  # sharded gradients are averaged over the processes
            (total * (scale if mine else 0.0)).backward()
            if mine:
                out += torch.tensor([total.item(), won], dtype=torch.float64)
        return self.summed(out)

    def norm(self, c):
        if self.world > 1 and not self.c["sharded"]:
            for p in self.params.values():
                dist.all_reduce(p.grad)
        norms = [torch.linalg.vector_norm(self.whole(torch.linalg.vector_norm(p.grad)).float()) for p in self.params.values()]
        return {"norm": torch.linalg.vector_norm(torch.stack(norms)).item()}

    def nonfinite(self, c):
        for name, p in self.params.items():
            if not torch.isfinite(self.whole(p.grad)).all():
                return {"name": name}
        return {"name": ""}

    def update(self, c):
        limit = self.c["clip"]
        if limit > 0 and (scale := limit / (c["norm"] + 1e-6)) < 1:
            for p in self.params.values():
                p.grad.mul_(scale)
        for group in self.optimiser.param_groups:
            group["lr"] = c["rate"]
        self.optimiser.step()
        return {}

    @torch.no_grad()
    def loss(self, c):
        part, mine = self.mine(c["parts"])
        out = torch.zeros(2, dtype=torch.float64)
        if part is not None:
            self.model.eval()
            total, won = self.objective(Batch(part, self.device))
            self.model.train()
            if mine:
                out += torch.tensor([total.item(), won], dtype=torch.float64)
        return self.summed(out)

    @torch.no_grad()
    def classified(self, c):
        """Counts at the flat positions `at` of each part whether the likeliest of the candidates follows."""
        part, mine = self.mine(c["parts"])
        out = torch.zeros(2, dtype=torch.float64)
        if part is not None:
            self.model.eval()
            batch = Batch(part, self.device)
            logits = self.logits(batch)[batch.valid][part["at"]]
            self.model.train()
            candidates = torch.tensor(c["candidates"], device=self.device)
            best = candidates[logits[:, candidates].argmax(1)]
            if mine:
                out[0] = (best.cpu() == torch.tensor(part["truth"])).sum()
        return self.summed(out)

    def save_params(self, c):
        return self.save({name: p.detach() for name, p in self.params.items()}, c["path"])

    def save_moments(self, c):
        tensors = {}
        for name, p in self.params.items():
            state = self.optimiser.state.get(p) or {"exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
            tensors["m/" + name], tensors["v/" + name] = state["exp_avg"].detach(), state["exp_avg_sq"].detach()
        return self.save(tensors, c["path"])

    def restore(self, c):
        self.load(self.params, c["params"], "")
        states = {p: {"step": torch.tensor(float(c["step"])), "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)} for p in self.params.values()}
        for prefix, key in (("m/", "exp_avg"), ("v/", "exp_avg_sq")):
            self.load({name: states[p][key] for name, p in self.params.items()}, c["moments"], prefix)
        for p, state in states.items():
            self.optimiser.state[p] = state
        return {}

    # Objectives: the sum over a part, row weights included, and the number of pairs won.

    def objective(self, batch):
        kind = self.c["objective"]
        if kind not in ("dpo", "orpo"):
            losses = -self.log_probs(batch)
            return (losses.sum(1) * batch.weights).sum(), 0
        policy, counts = self.log_probs(batch).sum(1), batch.labelled.sum(1)
        weights, beta = batch.weights[::2], self.c["beta"]
        if kind == "dpo":
            with torch.no_grad(), contextlib.nullcontext() if self.reference is not None else self.model.disable_adapter():
                reference = self.log_probs(batch, self.reference).sum(1)
            margin = (policy - reference)[::2] - (policy - reference)[1::2]
            return (-F.logsigmoid(beta * margin) * weights).sum(), (margin > 0).sum().item()
        mean = policy / counts
        odds = mean - torch.log1p(-torch.exp(mean.clamp(max=-1e-6)))
        ratio = odds[::2] - odds[1::2]
        return ((-mean[::2] - beta * F.logsigmoid(ratio)) * weights).sum(), (ratio > 0).sum().item()

    def log_probs(self, batch, model=None):
        """[rows, longest] log-probabilities of the targets by the model or another, 0 where no target is."""
        logits = self.logits(batch, model)[batch.labelled].float()
        out = torch.zeros(batch.ids.shape, device=self.device)
        out[batch.labelled] = -F.cross_entropy(logits, batch.targets[batch.labelled], reduction="none")
        return out

    def blur(self, module, args, embedded):
        """NEFTune: uniform noise of alpha / √(tokens of the document · width) on the embeddings, in training only."""
        if self.noise is None or not self.model.training:
            return embedded
        bound = self.c["neftune"] / torch.sqrt(self.noise[:, :, None] * embedded.shape[-1])
        return embedded + (2 * torch.rand_like(embedded) - 1) * bound.to(embedded.dtype)

    def logits(self, batch, model=None):
        self.noise = batch.lengths
        if isinstance(self.windows, dict):
            mask = {kind: batch.mask(window) for kind, window in self.windows.items()}
        else:
            mask = batch.mask(self.windows)
        with torch.autocast(self.device.type, torch.bfloat16) if self.half else contextlib.nullcontext():
            return (self.model if model is None else model)(input_ids=batch.ids, position_ids=batch.positions, attention_mask=mask, use_cache=False).logits

    @staticmethod
    def sliding(config):
        """The window of all layers, 0 for none, or of each kind of layer where there are several."""
        window = getattr(config, "sliding_window", None) or 0
        kinds = set(getattr(config, "layer_types", None) or [])
        if not kinds:
            return window
        if kinds == {"full_attention"}:
            return 0
        if kinds == {"sliding_attention"} and config.model_type == "mistral":
            return window
        return {"full_attention": 0, "sliding_attention": window}

    # Several processes.

    def mine(self, parts):
        """This process's part. A sharded model must run in all processes, so those without a part repeat the first, and it does not count."""
        if self.rank < len(parts):
            return parts[self.rank], True
        return (parts[0], False) if self.c["sharded"] else (None, False)

    def summed(self, out):
        if self.world > 1:
            dist.all_reduce(out, group=CONTROL)
        return {"sum": out[0].item(), "won": out[1].item()}

    def shard(self, model):
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

        mesh = init_device_mesh(self.device.type, (self.world,))
        policy = MixedPrecisionPolicy()
        base = model.get_base_model() if self.c["lora"] else model
        for layer in base.model.layers:
            fully_shard(layer, mesh=mesh, mp_policy=policy)
        fully_shard(model, mesh=mesh, mp_policy=policy)

    @staticmethod
    def whole(t):
        return t.full_tensor() if hasattr(t, "full_tensor") else t

    def save(self, tensors, path):
        from safetensors.torch import save_file

        out = {}
        for name, t in tensors.items():
            t = self.whole(t)
            if self.rank == 0:
                out[name] = t.float().cpu().contiguous()
        if self.rank == 0:
            save_file(out, path)
            with open(path, "rb+") as f:
                os.fsync(f.fileno())
        return {}

    @torch.no_grad()
    def load(self, into, path, prefix):
        from safetensors import safe_open

        if not path:
            return
        with safe_open(path, framework="pt") as f:
            for name, p in into.items():
                t = f.get_tensor(prefix + name).to(device=self.device, dtype=p.dtype)
                if hasattr(p, "device_mesh"):
                    from torch.distributed.tensor import distribute_tensor

                    t = distribute_tensor(t, p.device_mesh, p.placements)
                p.copy_(t)


CONTROL = None  # process group of commands and sums
COMMANDS = ("setup", "begin", "gradient", "norm", "nonfinite", "update", "loss", "classified", "save_params", "save_moments", "restore")


def commands():
    """Yields the commands on standard input, None at their end. When winnow is gone in the middle of one the process ends all the same."""
    waiting = queue.Queue()

    def read():
        for line in sys.stdin:
            waiting.put(json.loads(line))
        waiting.put(None)
        time.sleep(5)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield waiting.get()


def main():
    global CONTROL
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # winnow says when to stop
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if world > 1:
        day = datetime.timedelta(days=1)  # the others wait for as long as winnow has no command
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=day)
        CONTROL = dist.new_group(backend="gloo", timeout=day)
    worker = Worker(rank, world)
    source = commands() if rank == 0 else None
    while True:
        box = [next(source) if rank == 0 else None]
        if world > 1:
            dist.broadcast_object_list(box, src=0, group=CONTROL)
        command = box[0]
        if command is None:
            break
        try:
            answer = getattr(worker, command["do"])(command) if command["do"] in COMMANDS else {"error": "unknown command"}
        except Exception as e:
            traceback.print_exc()
            answer = {"error": f"{type(e).__name__}: {e}", "memory": isinstance(e, torch.OutOfMemoryError)}
        if rank == 0:
            for key, value in answer.items():
                if isinstance(value, float) and not math.isfinite(value):
                    answer[key] = str(value)  # "nan", "inf": JSON has no numbers for them
            print(json.dumps(answer, allow_nan=False), file=answers, flush=True)
        elif "error" in answer:
            os._exit(1)  # torchrun ends the others
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
