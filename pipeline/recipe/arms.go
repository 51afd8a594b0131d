package recipe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Untrained is the name by which comparisons call the model that the arms start from.
const Untrained = "untrained"

// Arm is one way of doing the recipe: the recipe itself, but for what the arm says of sources, steps, tokenize and train.
type Arm struct {
	Name    string
	From    string   `param:"from" doc:"an arm above, whose tuned model this one goes on from; default: train.model"`
	Without []string `param:"without" doc:"steps of the recipe that this arm leaves out, by label"`
	Line    int
}

// Comparison is a limit on a figure of one arm, or on its ratio to another arm's; a run that misses one, in any seed, ends with exit code 3.
type Comparison struct {
	Figure string // as eval names it
	Arm    string `param:"arm" required:"true" doc:"the arm whose figure after training is looked at"`
	Of     string `param:"of" doc:"another arm, or untrained: the figure is then taken in percent of that one's. Of figures that are best at zero the distances from zero are compared"`
	Is     string `param:"is" required:"true" doc:"the limit, such as \">= 0.5\" or, with of, \"<= 20%\""`
	Line   int
}

// armSections are the sections in which an arm may differ. What it says of the first two stands in place of the recipe's, of the others only the keys that it names.
var armSections = []string{"sources", "steps", "tokenize", "train"}

func (r *Recipe) decodeArms(d *decoder, root *node) {
	n := root.get("arms")
	if n == nil || n.kind == nullNode {
		if c := root.get("compare"); c != nil {
			d.add(c, "add `arms: {NAME: {…}}`", "compare needs arms to compare")
		}
		return
	}
	if n.kind != mapNode {
		d.add(n, "write `arms: {plain: {without: [counterfactual]}, corrected: {}}`", "arms must be a map from names to what is different, not %s", n.describe())
		return
	}
	if root.get("train") == nil {
		d.add(n, "add a section train", "arms compare tuned models, and the recipe trains none")
	}
	if g := root.get("gates"); g != nil {
		d.add(g, "write the limits under compare, each with its arm", "gates are for recipes without arms")
	}
	var names []string
	labels := r.labels()
	for _, e := range n.entries {
		a := Arm{}
		d.object(e.value, &a, "arm "+e.key.text, armSections...)
		a.Name, a.Line = e.key.text, e.key.line
		if !plainName(a.Name) || a.Name == Untrained {
			d.add(e.key, "", "%q cannot name an arm: letters, digits, - and _ are possible; %s is the model before training", a.Name, Untrained)
		}
		if a.From != "" && !slices.Contains(names, a.From) {
			d.add(e.value, "", "arm %s goes on from %q, which is not an arm above it", a.Name, a.From)
		}
		for _, w := range a.Without {
			if !slices.Contains(labels, w) {
				d.unknownName(&node{line: e.value.line, column: e.value.column, width: e.value.width, text: w}, "step label", labels)
			}
		}
		names = append(names, a.Name)
		r.Arms = append(r.Arms, a)
	}
}

// plainName keeps the names of arms such that they can be names of folders everywhere.
func plainName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

func (r *Recipe) labels() []string {
	var out []string
	for i := range r.Steps {
		out = append(out, r.Steps[i].Label())
	}
	return out
}

func (r *Recipe) decodeCompare(d *decoder, root *node) {
	n := root.get("compare")
	if n == nil || n.kind == nullNode || len(r.Arms) == 0 {
		return
	}
	if n.kind != listNode {
		d.add(n, "write each limit as `- FIGURE: {arm: NAME, is: \">= 0.5\"}`", "compare must be a list, not %s", n.describe())
		return
	}
	names := []string{Untrained}
	for _, a := range r.Arms {
		names = append(names, a.Name)
	}
	for _, item := range n.items {
		key, value, ok := d.named(item, "a comparison")
		if !ok {
			continue
		}
		c := Comparison{}
		d.object(value, &c, "compare "+key.text)
		c.Figure, c.Line = key.text, key.line
		for _, name := range []string{c.Arm, c.Of} {
			if name != "" && !slices.Contains(names, name) {
				d.unknownName(&node{line: value.line, column: value.column, width: value.width, text: name}, "arm", names)
			}
		}
		if c.Is != "" {
			l, err := ParseLimit(c.Is)
			switch {
			case err != nil:
				d.add(value, "", "compare %s: %v", key.text, err)
			case l.Percent != (c.Of != ""):
				d.add(value, "", "compare %s: write a limit in percent together with `of: ARM`, and without it a number; got %q", key.text, c.Is)
			}
		}
		r.measured(d, key, "compare "+key.text)
		r.Compare = append(r.Compare, c)
	}
}

// Arm is the recipe of one arm with one seed. model, when it is not empty, stands in place of train.model: the folder of the arm that this one goes on from.
func (r *Recipe) Arm(name string, seed uint64, model string) (*Recipe, error) {
	out, err := parse(r.Source, r.Path, r.Sets, func(root *node) { armed(root, name, seed, model) })
	if err != nil {
		return nil, err
	}
	out.ArmName = name
	out.Name = r.Name + "-" + name
	return out, nil
}

// armed turns the recipe's tree into that of one arm.
func armed(root *node, name string, seed uint64, model string) {
	arm := root.get("arms").get(name)
	var kept []entry
	for _, e := range root.entries {
		if e.key.text != "arms" && e.key.text != "compare" && e.key.text != "seeds" {
			kept = append(kept, e)
		}
	}
	root.entries = kept
	*mapSlot(root, "seed") = &node{kind: scalarNode, text: strconv.FormatUint(seed, 10)}
	for _, e := range arm.entries {
		slot := mapSlot(root, e.key.text)
		switch e.key.text {
		case "without":
			root.entries = slices.DeleteFunc(root.entries, func(x entry) bool { return x.key.text == "without" })
			leaveOut(root.get("steps"), e.value)
		case "from":
			root.entries = slices.DeleteFunc(root.entries, func(x entry) bool { return x.key.text == "from" })
		case "train", "tokenize":
			merged := &node{kind: mapNode, line: e.value.line, column: e.value.column, width: e.value.width}
			if (*slot).kind == mapNode {
				merged.entries = slices.Clone((*slot).entries)
			}
			for _, own := range e.value.entries {
				*mapSlot(merged, own.key.text) = own.value
			}
			*slot = merged
		default:
			*slot = e.value
		}
	}
	if model != "" {
		*mapSlot(root.get("train"), "model") = &node{kind: scalarNode, text: model, quoted: true}
	}
}

// leaveOut takes the steps with the given labels off the list. A label is a step's `as`, else its name.
func leaveOut(steps, labels *node) {
	if steps == nil {
		return
	}
	named := map[string]bool{labels.text: true}
	for _, l := range labels.items {
		named[l.text] = true
	}
	seen := map[string]int{}
	steps.items = slices.DeleteFunc(slices.Clone(steps.items), func(item *node) bool {
		label := item.text
		if item.kind == mapNode && len(item.entries) == 1 {
			label = item.entries[0].key.text
			if as := item.entries[0].value.get("as"); as != nil {
				label = as.text
			}
		}
		if seen[label]++; seen[label] > 1 {
			label = fmt.Sprintf("%s#%d", label, seen[label])
		}
		return named[label]
	})
}

// SeedList lists the seeds that the arms are run with.
func (r *Recipe) SeedList() []uint64 {
	if len(r.Seeds) == 0 {
		return []uint64{r.Seed}
	}
	return r.Seeds
}

// checkArms reads every arm, so that its mistakes are found together with the recipe's.
func (r *Recipe) checkArms() error {
	var list []Mistake
	for _, a := range r.Arms {
		_, err := r.Arm(a.Name, r.Seed, "")
		if m, ok := err.(*Mistakes); ok {
			for _, x := range m.List {
				x.Message = "arm " + a.Name + ": " + x.Message
				list = append(list, x)
			}
		} else if err != nil {
			return err
		}
	}
	if len(list) > 0 {
		return &Mistakes{File: r.Path, Source: r.Source, List: list}
	}
	return nil
}
