// Package privacy holds the step `pii`, which finds personal data in texts and takes it out. A hand-written scanner (scan.go) finds candidates in one pass, and
// each kind has a file that decides by checksums and number plans, not by looks alone. Start with scan.go.
package privacy

import (
	"context"
	"fmt"
	"strings"

	"winnow/filters"
	"winnow/internal/spec"
)

// PII redacts personal data, or drops or scores the rows that hold some.
type PII struct {
	Action    string   `param:"action" default:"redact" enum:"redact,drop,score" doc:"put tags in place of the values, drop the rows that hold some, or only count them"`
	Kinds     []string `param:"kinds" doc:"kinds to look for, or groups of them (phone, ip, card, id, cn_id); empty: all 14"`
	Tag       string   `param:"tag" default:"typed" enum:"typed,numbered,hash" doc:"typed: <EMAIL>; numbered: <EMAIL_1>, one number for each value of a row; hash: <EMAIL_kqzmwpta>, one tag for each value of the whole set"`
	Key       string   `param:"key" doc:"secret for tag: hash; the same key gives the same tags in another run. Without one a fresh key is drawn from the recipe's seed"`
	Allow     []string `param:"allow" doc:"values that stay, such as info@example.org, *@example.org or 203.0.113.7; case does not matter"`
	AllowFile string   `param:"allow_file" doc:"a file with one such value a line"`
	MaxItems  int      `param:"max_items" default:"0" min:"0" doc:"rows with more values than this are dropped whatever the action; 0 sets no limit" source:"Dolma drops rows with more than 5"`
	Regions   []string `param:"regions" default:"US,CN" doc:"countries whose national telephone numbers are recognised, as ISO 3166 codes; numbers with + are recognised for all"`

	scanner *Scanner
	allow   allowList
	tags    tagger
	count   int
}

// Prepare checks the parameters.
func (p *PII) Prepare(_ context.Context, env filters.Env) error {
	kinds, err := parseKinds(p.Kinds)
	if err != nil {
		return fmt.Errorf("pii.kinds: %w", err)
	}
	p.scanner = &Scanner{Kinds: kinds}
	for _, r := range p.Regions {
		p.scanner.Regions = append(p.scanner.Regions, strings.ToUpper(r))
	}
	values := p.Allow
	if p.AllowFile != "" {
		data, err := env.ReadFile(p.AllowFile)
		if err != nil {
			return fmt.Errorf("pii.allow_file: %w", err)
		}
		values = append(append([]string(nil), values...), strings.Split(string(data), "\n")...)
	}
	if p.allow, err = newAllowList(values); err != nil {
		return fmt.Errorf("pii.allow: %w", err)
	}
	p.tags = tagger{mode: p.Tag, key: p.Key}
	if p.Tag == "hash" && p.Key == "" {
		if env == nil {
			return fmt.Errorf("pii.key: tag: hash needs a key")
		}
		p.tags.key = fmt.Sprintf("winnow pii %d", env.Seed())
		env.Warn("pii: tag: hash without a key uses the recipe's seed as the key: whoever knows the seed can test whether a value was in the set; set pii.key")
	}
	return nil
}

// Fork gives a worker its own scanner.
func (p *PII) Fork() filters.Step {
	c := *p
	c.scanner = &Scanner{Kinds: p.scanner.Kinds, Regions: p.scanner.Regions}
	c.tags = tagger{mode: p.tags.mode, key: p.tags.key}
	return &c
}

// Columns names the score: the number of values found in the row.
func (p *PII) Columns() []filters.Column {
	return []filters.Column{{Name: "pii", Kind: filters.Float}}
}

// Thresholds says how many values a row may hold.
func (p *PII) Thresholds() []filters.Threshold {
	switch {
	case p.Action == "drop":
		return []filters.Threshold{{Score: "pii", Limit: 0, Keep: "below"}}
	case p.MaxItems > 0:
		return []filters.Threshold{{Score: "pii", Limit: float64(p.MaxItems), Keep: "below"}}
	}
	return nil
}

// Apply looks at one text of a row.
func (p *PII) Apply(row *filters.Row) error {
	text := row.Text()
	if first := row.Pieces()[0].Text; len(row.Pieces()) == 1 || len(text) > 0 && len(first) > 0 && &text[0] == &first[0] {
		p.tags.reset()
		p.count = 0
	}
	spans := p.scan(text)
	for _, s := range spans {
		row.Flag(s.Start, s.End, s.Kind.String())
	}
	if len(spans) > 0 {
		kind := spans[0].Kind
		out, values := p.tags.redactAll(text, spans, p.scan)
		p.count += values
		switch {
		case p.Action == "drop":
			row.Drop("personal data: " + kind.Tag())
		case p.MaxItems > 0 && p.count > p.MaxItems:
			row.Drop("too much personal data")
		case p.Action == "redact":
			row.SetText(out)
		}
	}
	row.Score("pii", float64(p.count))
	return nil
}

// scan finds the values that are not allowed to stay.
func (p *PII) scan(text []byte) []Span {
	spans := p.scanner.Scan(text)
	if len(p.allow.exact)+len(p.allow.suffix) > 0 {
		spans = p.allow.filter(text, spans)
	}
	return spans
}

func init() {
	filters.Register(filters.Registration{
		Spec: spec.Spec{
			Name: "pii", Group: "privacy", Short: "action",
			Summary: "finds e-mail addresses, telephone and card numbers, ids and keys, and takes them out",
			Doc:     piiDoc,
			Example: "pii: {action: redact, kinds: [email, phone, card]}",
			New:     func() any { return &PII{} },
			Cases:   piiCases,
		},
		Unit: filters.Each,
	})
}
