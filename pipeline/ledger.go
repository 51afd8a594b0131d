package pipeline

import (
	"fmt"
	"slices"
	"sort"

	"winnow/datasets"
	"winnow/filters"
)

// Ledger is the account of a run's rows: every row that came in went out or was dropped by a named step for a stated reason. Ledgers of shards are merged
// in the order of shards, so that samples do not depend on workers.
type Ledger struct {
	Sources []SourceAccount  `json:"sources"`
	Steps   []StepAccount    `json:"steps"`
	Written map[string]int64 `json:"written,omitempty"` // rows by split
}

// SourceAccount counts what was read from one source.
type SourceAccount struct {
	Name  string           `json:"name"`
	Rows  int64            `json:"rows"`
	Bad   int64            `json:"bad"`   // quarantined
	Bytes int64            `json:"bytes"` // of text
	Out   int64            `json:"out"`   // rows of the finished set that came from here, copies included
	Langs map[string]int64 `json:"langs,omitempty"`
}

// StepAccount counts what one step did.
type StepAccount struct {
	Label      string                        `json:"label"`
	Name       string                        `json:"name"`
	In         int64                         `json:"in"`
	Dropped    map[string]int64              `json:"dropped,omitempty"` // by reason
	Added      int64                         `json:"added,omitempty"`   // copies
	Edited     int64                         `json:"edited,omitempty"`
	Flags      map[string]int64              `json:"flags,omitempty"` // by kind
	BySource   map[string]*Parity            `json:"by_source,omitempty"`
	ByLang     map[string]*Parity            `json:"by_lang,omitempty"`
	ByGroup    map[string]map[string]*Parity `json:"by_group,omitempty"` // column of a step such as groups → group
	Scores     map[string]*Distribution      `json:"scores,omitempty"`
	ByAudit    map[string]*AuditCount        `json:"by_audit,omitempty"` // by value of the audit column
	Edits      []Edit                        `json:"edits,omitempty"`
	Drops      []Excerpt                     `json:"drops,omitempty"`
	Near       []Excerpt                     `json:"near,omitempty"` // rows just on each side of a threshold
	Thresholds []filters.Threshold           `json:"thresholds,omitempty"`
	Findings   any                           `json:"findings,omitempty"` // of a survey
}

// Parity says how many rows of a group met a step and how many it dropped.
type Parity struct {
	In      int64 `json:"in"`
	Dropped int64 `json:"dropped"`
}

// AuditCount says what a step did to rows of one value of the audit column.
type AuditCount struct {
	In      int64 `json:"in"`
	Dropped int64 `json:"dropped"`
	Edited  int64 `json:"edited"`
	Copied  int64 `json:"copied"`
}

// Edit is an example of what a step changed.
type Edit struct {
	ID     string `json:"id"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// addEdit keeps the first changes as examples; one that many rows share is kept once.
func (s *StepAccount) addEdit(e Edit) {
	same := func(k Edit) bool { return k.Before == e.Before && k.After == e.After }
	if len(s.Edits) < editSamples && !slices.ContainsFunc(s.Edits, same) {
		s.Edits = append(s.Edits, e)
	}
}

// Excerpt is the beginning of a row with why it is shown.
type Excerpt struct {
	ID     string  `json:"id"`
	Lang   string  `json:"lang,omitempty"`
	Reason string  `json:"reason,omitempty"`
	Score  string  `json:"score,omitempty"` // name of the score
	Value  float64 `json:"value,omitempty"`
	Kept   bool    `json:"kept,omitempty"`
	Text   string  `json:"text"`
}

// Limits on what a ledger remembers of single rows.
const (
	editSamples  = 4
	dropSamples  = 6 // by reason
	nearSamples  = 5 // on each side of a threshold
	scoreSamples = 2000
)

// DroppedTotal returns the rows dropped for any reason.
func (s *StepAccount) DroppedTotal() int64 {
	var n int64
	for _, k := range s.Dropped {
		n += k
	}
	return n
}

// OutRows returns the rows that left the step.
func (s *StepAccount) OutRows() int64 { return s.In - s.DroppedTotal() + s.Added }

// Distribution is a sample of a score's values: those of the rows with the smallest hashes, so that it is the same for any number of workers.
type Distribution struct {
	N      int64        `json:"n"`
	Sum    float64      `json:"sum"`
	Min    float64      `json:"min"`
	Max    float64      `json:"max"`
	Values []ScoreValue `json:"values"` // by hash; at most 2,000
	cut    uint64       // hashes from here on are not among the smallest; 0 before the sample is full
}

// ScoreValue is one sampled score.
type ScoreValue struct {
	Hash  uint64  `json:"h"`
	Value float32 `json:"v"`
	Lang  string  `json:"l,omitempty"`
}

func (d *Distribution) add(hash uint64, v float64, lang string) {
	if d.N == 0 || v < d.Min {
		d.Min = v
	}
	if d.N == 0 || v > d.Max {
		d.Max = v
	}
	d.N++
	d.Sum += v
	if d.cut != 0 && hash >= d.cut {
		return
	}
	d.Values = append(d.Values, ScoreValue{hash, float32(v), lang})
	if len(d.Values) >= 2*scoreSamples {
		d.trim()
	}
}

func (d *Distribution) trim() {
	sort.Slice(d.Values, func(i, j int) bool { return d.Values[i].Hash < d.Values[j].Hash })
	if len(d.Values) > scoreSamples {
		d.Values = d.Values[:scoreSamples]
		d.cut = d.Values[scoreSamples-1].Hash
	}
}

func (d *Distribution) merge(o *Distribution) {
	if o.N == 0 {
		return
	}
	if d.N == 0 || o.Min < d.Min {
		d.Min = o.Min
	}
	if d.N == 0 || o.Max > d.Max {
		d.Max = o.Max
	}
	d.N += o.N
	d.Sum += o.Sum
	d.Values = append(d.Values, o.Values...)
	d.trim()
}

// merge adds the account of the same step on a later shard.
func (s *StepAccount) merge(o *StepAccount) {
	s.In += o.In
	s.Added += o.Added
	s.Edited += o.Edited
	s.Dropped = addCounts(s.Dropped, o.Dropped)
	s.Flags = addCounts(s.Flags, o.Flags)
	s.BySource = addParity(s.BySource, o.BySource)
	s.ByLang = addParity(s.ByLang, o.ByLang)
	for column, of := range o.ByGroup {
		if s.ByGroup == nil {
			s.ByGroup = map[string]map[string]*Parity{}
		}
		s.ByGroup[column] = addParity(s.ByGroup[column], of)
	}
	for v, c := range o.ByAudit {
		a := s.audit(v)
		a.In += c.In
		a.Dropped += c.Dropped
		a.Edited += c.Edited
		a.Copied += c.Copied
	}
	for name, d := range o.Scores {
		if s.Scores == nil {
			s.Scores = map[string]*Distribution{}
		}
		if s.Scores[name] == nil {
			s.Scores[name] = &Distribution{}
		}
		s.Scores[name].merge(d)
	}
	for _, e := range o.Edits {
		s.addEdit(e)
	}
	for _, d := range o.Drops {
		s.addDrop(d)
	}
	for _, e := range o.Near {
		s.addNear(e)
	}
}

// audit returns the counts of one value of the audit column.
func (s *StepAccount) audit(value string) *AuditCount {
	c := s.ByAudit[value]
	if c == nil {
		if s.ByAudit == nil {
			s.ByAudit = map[string]*AuditCount{}
		}
		c = &AuditCount{}
		s.ByAudit[value] = c
	}
	return c
}

func (s *StepAccount) addDrop(e Excerpt) {
	n := 0
	for _, d := range s.Drops {
		if d.Reason == e.Reason {
			n++
		}
	}
	if n < dropSamples {
		s.Drops = append(s.Drops, e)
	}
}

func (s *StepAccount) limit(e Excerpt) (float64, bool) {
	for _, t := range s.Thresholds {
		if t.Score == e.Score && (t.Lang == "" || t.Lang == e.Lang) {
			return t.Limit, true
		}
	}
	return 0, false
}

// addNear keeps the rows whose score is closest to the threshold, five on each side; of equally close ones the first row stays.
func (s *StepAccount) addNear(e Excerpt) {
	limit, ok := s.limit(e)
	if !ok {
		return
	}
	farthest, n := -1, 0
	for i, x := range s.Near {
		if x.Score != e.Score || (x.Value >= limit) != (e.Value >= limit) {
			continue
		}
		n++
		if farthest < 0 || abs(x.Value-limit) >= abs(s.Near[farthest].Value-limit) {
			farthest = i
		}
	}
	switch {
	case n < nearSamples:
		s.Near = append(s.Near, e)
	case abs(e.Value-limit) < abs(s.Near[farthest].Value-limit):
		s.Near = append(s.Near[:farthest], s.Near[farthest+1:]...)
		s.Near = append(s.Near, e)
	}
}

// wouldKeepNear says whether addNear would keep a row with such a score, without making its excerpt.
func (s *StepAccount) wouldKeepNear(score, lang string, value float64) bool {
	limit, ok := s.limit(Excerpt{Score: score, Lang: lang})
	if !ok {
		return false
	}
	n, worst := 0, 0.0
	for _, x := range s.Near {
		if x.Score == score && (x.Value >= limit) == (value >= limit) {
			n++
			worst = max(worst, abs(x.Value-limit))
		}
	}
	return n < nearSamples || abs(value-limit) < worst
}

func abs(x float64) float64 { return max(x, -x) }

func addCounts(a, b map[string]int64) map[string]int64 {
	if a == nil && len(b) > 0 {
		a = map[string]int64{}
	}
	for k, v := range b {
		a[k] += v
	}
	return a
}

func addParity(a, b map[string]*Parity) map[string]*Parity {
	if a == nil && len(b) > 0 {
		a = map[string]*Parity{}
	}
	for k, v := range b {
		if a[k] == nil {
			a[k] = &Parity{}
		}
		a[k].In += v.In
		a[k].Dropped += v.Dropped
	}
	return a
}

// merge adds the accounts of a shard; both ledgers list the same sources and steps, in the same order.
func (l *Ledger) merge(o *Ledger) {
	for i := range o.Sources {
		s, t := &l.Sources[i], &o.Sources[i]
		s.Rows += t.Rows
		s.Bad += t.Bad
		s.Bytes += t.Bytes
		s.Out += t.Out
		s.Langs = addCounts(s.Langs, t.Langs)
	}
	for i := range o.Steps {
		l.Steps[i].merge(&o.Steps[i])
	}
}

// Check verifies that the accounts add up: what leaves a step enters the next, and what leaves the last was written.
func (l *Ledger) Check() error {
	var rows int64
	for _, s := range l.Sources {
		rows += s.Rows
	}
	for _, s := range l.Steps {
		if s.In != rows {
			return fmt.Errorf("the ledger does not add up: %d rows should enter step %s, %d did; this is a fault in winnow, please report it", rows, s.Label, s.In)
		}
		rows = s.OutRows()
	}
	var written int64
	for _, n := range l.Written {
		written += n
	}
	if written != rows {
		return fmt.Errorf("the ledger does not add up: %d rows left the last step, %d were written; this is a fault in winnow, please report it", rows, written)
	}
	return nil
}

// excerpt returns the beginning of a text, cut at a character's border.
func excerpt(b []byte, n int) string {
	if len(b) <= n {
		return string(b)
	}
	for n > 0 && b[n]&0xC0 == 0x80 {
		n--
	}
	return string(b[:n]) + "…"
}

// changed returns excerpts of two texts around the first place where they differ.
func changed(before, after []byte) (string, string) {
	i := 0
	for i < len(before) && i < len(after) && before[i] == after[i] {
		i++
	}
	from := max(0, i-60)
	for from > 0 && from < len(before) && before[from]&0xC0 == 0x80 {
		from--
	}
	lead := ""
	if from > 0 {
		lead = "…"
	}
	return lead + excerpt(before[min(from, len(before)):], 240), lead + excerpt(after[min(from, len(after)):], 240)
}

// hashOf gives a row's place in samples of scores; it does not depend on the seed.
func hashOf(r datasets.Ref) uint64 { return mixHash(uint64(r) * 0x9E3779B97F4A7C15) }

// mixHash is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
func mixHash(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
