package pipeline

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/atomicfile"
	"winnow/pipeline/recipe"
)

// batchBytes is how much text is in one batch. Memory is workers × (batch read + batch written) + the surveys' budget.
const batchBytes = 4 << 20

// stageRun carries one stage over its shards. What it makes of shard n lies in dir:
//
//	NNNNN.rows     rows that stay (Arrow IPC)         NNNNN.dropped  rows that go, with step and reason
//	NNNNN.tally    tally of the survey (gob)          NNNNN.json     account of the shard, written last: the shard is done
//	notes-R/       notes of a keyed survey's round R
type stageRun struct {
	plan   *Plan
	stage  *Stage
	links  []link
	dir    string
	input  string // folder of the stage before; "" reads the sources
	runner Runner
	say    Progress
	opt    Options

	mu      sync.Mutex
	workers map[int]*stageWorker
	bad     badCount
	out     int64 // rows that stay
}

// shardAccount is what NNNNN.json holds.
type shardAccount struct {
	Ledger *Ledger           `json:"ledger"`
	Bad    []datasets.BadRow `json:"bad,omitempty"`
	Notes  []string          `json:"notes,omitempty"` // runs of the first round
	Rows   int64             `json:"rows"`
}

// stageWorker is the memory of one worker.
type stageWorker struct {
	rows    *filters.Rows
	links   []link
	kept    *filters.Builder
	dropped *filters.Builder
}

func (r *stageRun) worker(n int) *stageWorker {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.workers[n]
	if w == nil {
		w = &stageWorker{rows: filters.NewRows(r.stage.Out), links: fork(r.links), kept: filters.NewBuilder(r.stage.Out), dropped: filters.NewBuilder(droppedSchema(r.stage.Out))}
		r.workers[n] = w
	}
	return w
}

// droppedSchema adds the columns that say why a row went.
func droppedSchema(s *arrow.Schema) *arrow.Schema {
	out, err := filters.OutputSchema(s, []filters.Column{{Name: filters.ColDroppedBy, Kind: filters.String}, {Name: filters.ColDropReason, Kind: filters.String}})
	if err != nil {
		panic(err) // both names are refused as columns of a source
	}
	return out
}

func (r *stageRun) path(shard int, ext string) string {
	return filepath.Join(r.dir, fmt.Sprintf("%05d.%s", shard, ext))
}

// shard takes one shard through the chain, unless an earlier run has done it.
func (r *stageRun) shard(ctx context.Context, worker, n int) error {
	if done, err := readAccount(r.path(n, "json")); err == nil {
		r.say.Advance(r.units(n, done), "")
		r.bad.add(done)
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	w := r.worker(worker)
	account := shardAccount{Ledger: newLedger(r.sourceNames(), r.links)}
	kept, err := datasets.NewSpillWriter(r.path(n, "rows"), r.stage.Out, "lz4")
	if err != nil {
		return err
	}
	defer kept.Abort()
	var dropped *datasets.SpillWriter
	defer func() {
		if dropped != nil {
			dropped.Abort()
		}
	}()
	observer := newObserver(r, n)
	last := r.stage.Survey == nil
	c := chain{stage: r.stage.Index, links: w.links, ledger: account.Ledger, audit: r.plan.Recipe.Audit.Column, groups: groupColumns(r.plan.Recipe)}
	sources := map[string]*SourceAccount{}
	for i := range account.Ledger.Sources {
		sources[account.Ledger.Sources[i].Name] = &account.Ledger.Sources[i]
	}
	c.kept = func(row *filters.Row) error {
		account.Rows++
		if last {
			s := sources[row.Source]
			s.Out++
			if lang := row.Value(datasets.ColLang).Text; lang != "" {
				s.Langs = addCounts(s.Langs, map[string]int64{lang: 1})
			}
		}
		if err := observer.observe(row); err != nil {
			return err
		}
		w.kept.Append(row)
		if w.kept.Bytes() >= batchBytes {
			return spill(kept, w.kept)
		}
		return nil
	}
	c.dropped = func(row *filters.Row, k link) error {
		if dropped == nil {
			var err error
			if dropped, err = datasets.NewSpillWriter(r.path(n, "dropped"), droppedSchema(r.stage.Out), "lz4"); err != nil {
				return err
			}
		}
		w.dropped.AppendDropped(row, k.label, row.Dropped())
		if w.dropped.Bytes() >= batchBytes {
			return spill(dropped, w.dropped)
		}
		return nil
	}
	for b, err := range r.batches(ctx, n, &account) {
		if err != nil {
			return err
		}
		if err := r.batch(ctx, w, &c, b, sources); err != nil {
			return err
		}
	}
	return r.finish(n, w, kept, dropped, observer, &account)
}

// batch takes the rows of a batch through the chain.
func (r *stageRun) batch(ctx context.Context, w *stageWorker, c *chain, b datasets.Batch, sources map[string]*SourceAccount) error {
	defer b.Release()
	if err := ctx.Err(); err != nil {
		return err
	}
	w.rows.Load(b)
	var bytes int64
	for i := range b.Refs {
		row := w.rows.At(b, i)
		if r.input == "" {
			if r.plan.Sample < 1 && row.Random(r.plan.Recipe.Seed, "--sample") >= r.plan.Sample {
				continue
			}
			s := sources[row.Source]
			s.Rows++
			for _, p := range row.Pieces() {
				s.Bytes += int64(len(p.Text))
				bytes += int64(len(p.Text))
			}
		}
		if err := c.row(row); err != nil {
			return err
		}
	}
	if r.input == "" {
		r.say.Advance(bytes, "")
	} else {
		r.say.Advance(int64(len(b.Refs)), "")
	}
	return nil
}

// finish puts the shard's files in place, its account last.
func (r *stageRun) finish(n int, w *stageWorker, kept, dropped *datasets.SpillWriter, o *observer, account *shardAccount) error {
	if err := spill(kept, w.kept); err != nil {
		return err
	}
	if err := kept.Close(); err != nil {
		return err
	}
	if dropped != nil {
		if err := spill(dropped, w.dropped); err != nil {
			return err
		}
		if err := dropped.Close(); err != nil {
			return err
		}
	}
	var err error
	if account.Notes, err = o.close(r.path(n, "tally")); err != nil {
		return err
	}
	for i := range account.Ledger.Steps {
		for _, d := range account.Ledger.Steps[i].Scores {
			d.trim()
		}
	}
	r.bad.add(account)
	return atomicfile.WriteJSON(r.path(n, "json"), account)
}

func spill(w *datasets.SpillWriter, b *filters.Builder) error {
	if b.Len() == 0 {
		return nil
	}
	batch := b.Flush()
	defer batch.Release()
	return w.Write(batch)
}

// batches reads the input of shard n: a shard of the sources, or what the stage before made of it.
func (r *stageRun) batches(ctx context.Context, n int, account *shardAccount) iter.Seq2[datasets.Batch, error] {
	if r.input != "" {
		return readSpill(filepath.Join(r.input, fmt.Sprintf("%05d.rows", n)))
	}
	sh := r.plan.Shards[n]
	for i := range r.plan.Sources {
		src := &r.plan.Sources[i]
		if src.Source.Name != sh.Source {
			continue
		}
		bad := func(b datasets.BadRow) {
			account.Bad = append(account.Bad, b)
			account.Ledger.Sources[i].Bad++
		}
		return src.Source.Read(ctx, sh, src.Layout, r.plan.Schema, datasets.ReadOptions{BatchBytes: batchBytes, BatchRows: r.opt.BatchRows, Bad: bad})
	}
	panic("a shard of no source")
}

// readSpill yields the batches of a spill file.
func readSpill(path string) iter.Seq2[datasets.Batch, error] {
	return func(yield func(datasets.Batch, error) bool) {
		in, err := datasets.OpenSpill(path)
		if err != nil {
			yield(datasets.Batch{}, err)
			return
		}
		defer func() { _ = in.Close() }()
		for {
			b, err := in.Next()
			if err == io.EOF {
				return
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

func (r *stageRun) sourceNames() []string {
	var out []string
	for _, s := range r.plan.Sources {
		out = append(out, s.Source.Name)
	}
	return out
}

// units is how far a finished shard brings the progress on.
func (r *stageRun) units(n int, a *shardAccount) int64 {
	var total int64
	if r.input == "" {
		for _, s := range a.Ledger.Sources {
			total += s.Bytes
		}
		return total
	}
	if len(a.Ledger.Steps) > 0 {
		return a.Ledger.Steps[0].In
	}
	return a.Rows
}

func readAccount(path string) (*shardAccount, error) {
	a := &shardAccount{}
	return a, atomicfile.ReadJSON(path, a)
}

// badCount stops a run that meets more unreadable rows than max_bad_rows allows.
type badCount struct {
	mu        sync.Mutex
	bad, read int64
	first     string
}

func (c *badCount) add(a *shardAccount) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range a.Ledger.Sources {
		c.bad += s.Bad
		c.read += s.Rows + s.Bad
	}
	if c.first == "" && len(a.Bad) > 0 {
		b := a.Bad[0]
		c.first = fmt.Sprintf("%s, row %d: %s", b.File, b.Position, b.Reason)
	}
}

// check is called when all shards are read.
func (c *badCount) check(p *Plan) error {
	allowed := p.Recipe.AllowedBad(c.read)
	if c.bad > allowed {
		return fmt.Errorf("%d of %d rows cannot be read, more than max_bad_rows allows (%d); first: %s; all are listed in quarantine.jsonl: mend the input, or raise max_bad_rows", c.bad, c.read, allowed, c.first)
	}
	return nil
}

// observer gives the rows of one shard to the survey at the end of the stage.
type observer struct {
	tally   filters.Tally
	counts  any
	keyed   filters.Keyed
	notes   NoteWriter
	noteErr error
}

func newObserver(r *stageRun, shard int) *observer {
	o := &observer{}
	if r.stage.Survey == nil {
		return o
	}
	switch s := r.stage.Survey.Params.(type) {
	case filters.Tally:
		o.tally, o.counts = s, s.NewTally()
	case filters.Keyed:
		o.keyed, o.notes = s, r.runner.Notes(notesDir(r.dir, 0), shard)
	}
	return o
}

func notesDir(dir string, round int) string {
	return filepath.Join(dir, fmt.Sprintf("notes-%d", round))
}

func (o *observer) observe(row *filters.Row) error {
	filters.Look(row)
	switch {
	case o.tally != nil:
		o.tally.Observe(row, o.counts)
	case o.keyed != nil:
		o.keyed.Emit(row, func(key uint64, value []byte) {
			if o.noteErr == nil {
				o.noteErr = o.notes.Add(key, row.Ref, value)
			}
		})
	}
	return o.noteErr
}

func (o *observer) close(tallyPath string) ([]string, error) {
	switch {
	case o.tally != nil:
		return nil, atomicfile.Stream(tallyPath, func(w io.Writer) error { return gob.NewEncoder(w).Encode(o.counts) })
	case o.keyed != nil:
		return o.notes.Close()
	}
	return nil, nil
}

// writeQuarantine lists everything that could not be read, in the order of shards.
func writeQuarantine(path string, accounts []*shardAccount) error {
	any := false
	for _, a := range accounts {
		any = any || len(a.Bad) > 0
	}
	if !any {
		return nil
	}
	return atomicfile.Stream(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, a := range accounts {
			for _, b := range a.Bad {
				if err := enc.Encode(b); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// groupColumns lists the columns in which steps of the recipe say of whom a row speaks.
func groupColumns(r *recipe.Recipe) []string {
	var out []string
	for i := range r.Steps {
		if g, ok := r.Steps[i].Params.(filters.Grouper); ok && !slices.Contains(out, g.GroupColumn()) {
			out = append(out, g.GroupColumn())
		}
	}
	return out
}
