package pipeline

import (
	"fmt"
	"slices"

	"winnow/datasets"
	"winnow/filters"
)

// link is one step of a chain, ready to be applied.
type link struct {
	label      string
	name       string
	step       filters.Step // nil for a survey whose conclusion changes nothing
	unit       filters.Unit
	only       []string
	thresholds []filters.Threshold
}

// chain is the steps between two surveys, fused for one worker: a row goes through all of them while it is in cache.
type chain struct {
	stage   int
	links   []link
	ledger  *Ledger
	kept    func(*filters.Row) error
	dropped func(*filters.Row, link) error
	before  [][]byte // texts before the current step
	copies  int
	audit   string   // column of the audit; "" for none
	groups  []string // columns that say of whom a row speaks
}

// fork returns the links for one worker: steps with scratch memory are forked.
func fork(links []link) []link {
	out := slices.Clone(links)
	for i := range out {
		if f, ok := out[i].step.(filters.Forker); ok {
			out[i].step = f.Fork()
		}
	}
	return out
}

// newLedger returns an empty ledger for a chain.
func newLedger(sources []string, links []link) *Ledger {
	l := &Ledger{}
	for _, s := range sources {
		l.Sources = append(l.Sources, SourceAccount{Name: s})
	}
	for _, k := range links {
		l.Steps = append(l.Steps, StepAccount{Label: k.label, Name: k.name, Thresholds: k.thresholds})
	}
	return l
}

// row takes one row through the chain. The row ends in kept or in dropped, and each of its copies too, right after it.
func (c *chain) row(r *filters.Row) error {
	c.copies = 0
	return c.from(r, 0)
}

func (c *chain) from(r *filters.Row, first int) error {
	type pending struct {
		row  *filters.Row
		next int
	}
	var copies []pending
	for i := first; i < len(c.links); i++ {
		k := &c.links[i]
		account := &c.ledger.Steps[i]
		account.In++
		lang := r.Value(datasets.ColLang).Text
		var audited *AuditCount
		if c.audit != "" {
			if v := r.String(c.audit); v != "" {
				audited = account.audit(v)
				audited.In++
			}
		}
		parity(&account.BySource, r.Source).In++
		if lang != "" {
			parity(&account.ByLang, lang).In++
		}
		c.eachGroup(account, r, func(p *Parity) { p.In++ })
		if k.step == nil || len(k.only) > 0 && !slices.Contains(k.only, r.Source) {
			continue
		}
		made := len(r.Copies())
		c.remember(r)
		events, err := filters.Apply(k.step, k.unit, r)
		if err != nil {
			return fmt.Errorf("step %s, row %s of source %s: %w", k.label, r.ID, r.Source, err)
		}
		edited := account.Edited
		c.account(account, r, lang, events)
		if audited != nil {
			audited.Edited += account.Edited - edited
			audited.Copied += int64(len(r.Copies()) - made)
		}
		for _, copied := range r.Copies()[made:] {
			if c.copies++; c.copies > maxCopies {
				return fmt.Errorf("step %s makes more than %d copies of the row %s", k.label, maxCopies, r.ID)
			}
			copied.Ref = datasets.NewRef(r.Ref.Shard(), r.Ref.Position(), c.stage*(maxCopies+1)+c.copies)
			account.Added++
			copies = append(copies, pending{copied, i + 1})
		}
		if reason := r.Dropped(); reason != "" {
			if account.Dropped == nil {
				account.Dropped = map[string]int64{}
			}
			account.Dropped[reason]++
			if audited != nil {
				audited.Dropped++
			}
			parity(&account.BySource, r.Source).Dropped++
			if lang != "" {
				parity(&account.ByLang, lang).Dropped++
			}
			c.eachGroup(account, r, func(p *Parity) { p.Dropped++ })
			account.addDrop(Excerpt{ID: r.ID, Lang: lang, Reason: reason, Text: excerptOf(r)})
			if err := c.dropped(r, *k); err != nil {
				return err
			}
			break
		}
	}
	if r.Dropped() == "" {
		if err := c.kept(r); err != nil {
			return err
		}
	}
	for _, p := range copies {
		if err := c.from(p.row, p.next); err != nil {
			return err
		}
	}
	return nil
}

// maxCopies is how many copies a row may have in one stage, and maxStages how many stages may make copies: together they fill the copy bits of a Ref.
const (
	maxCopies = 15
	maxStages = datasets.MaxCopies / (maxCopies + 1)
)

// eachGroup counts a row under the group that each group column names; rows that no step has looked at yet are not counted.
func (c *chain) eachGroup(account *StepAccount, r *filters.Row, count func(*Parity)) {
	for _, column := range c.groups {
		group := r.String(column)
		if group == "" {
			continue
		}
		if account.ByGroup == nil {
			account.ByGroup = map[string]map[string]*Parity{}
		}
		of := account.ByGroup[column]
		count(parity(&of, group))
		account.ByGroup[column] = of
	}
}

func parity(m *map[string]*Parity, key string) *Parity {
	p := (*m)[key]
	if p == nil {
		if *m == nil {
			*m = map[string]*Parity{}
		}
		p = &Parity{}
		(*m)[key] = p
	}
	return p
}

// remember keeps the texts as they are before a step: SetText never writes over them.
func (c *chain) remember(r *filters.Row) {
	c.before = c.before[:0]
	for _, p := range r.Pieces() {
		c.before = append(c.before, p.Text)
	}
}

func (c *chain) account(a *StepAccount, r *filters.Row, lang string, e filters.Events) {
	if e.Edited && c.edited(a, r) {
		a.Edited++
	}
	for _, f := range e.Flags {
		if a.Flags == nil {
			a.Flags = map[string]int64{}
		}
		a.Flags[f.Kind]++
	}
	if len(e.Scores) == 0 {
		return
	}
	if now := r.Value(datasets.ColLang).Text; now != "" {
		lang = now
	}
	for _, s := range e.Scores {
		if a.Scores == nil {
			a.Scores = map[string]*Distribution{}
		}
		d := a.Scores[s.Name]
		if d == nil {
			d = &Distribution{}
			a.Scores[s.Name] = d
		}
		d.add(hashOf(r.Ref), s.Value, lang)
		if a.wouldKeepNear(s.Name, lang, s.Value) {
			a.addNear(Excerpt{ID: r.ID, Lang: lang, Score: s.Name, Value: s.Value, Kept: r.Dropped() == "", Text: excerptOf(r)})
		}
	}
}

// edited reports whether a text really changed, and keeps the first changes as examples.
func (c *chain) edited(a *StepAccount, r *filters.Row) bool {
	for i, p := range r.Pieces() {
		if i < len(c.before) && string(c.before[i]) != string(p.Text) {
			if len(a.Edits) < editSamples {
				before, after := changed(c.before[i], p.Text)
				a.addEdit(Edit{r.ID, before, after})
			}
			return true
		}
	}
	return false
}

// excerptOf returns the beginning of a row's texts.
func excerptOf(r *filters.Row) string {
	var b []byte
	for i, p := range r.Pieces() {
		if i > 0 {
			b = append(b, " ⏎ "...)
		}
		b = append(b, p.Text[:min(len(p.Text), 400)]...)
		if len(b) > 300 {
			break
		}
	}
	return excerpt(b, 300)
}
