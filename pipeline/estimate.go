package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"winnow/filters"
)

// Estimate is what `winnow plan` foresees, from the sources' sizes and a sample of their first rows.
type Estimate struct {
	Dir         string         `json:"dir"`
	Rows        int64          `json:"rows"`
	TextBytes   int64          `json:"text_bytes"`
	DiskBytes   int64          `json:"disk_bytes"`
	MemoryBytes int64          `json:"memory_bytes"`
	Seconds     float64        `json:"seconds"` // of curation
	Done        []bool         `json:"done"`    // by stage
	Train       *TrainEstimate `json:"train,omitempty"`
}

// TrainEstimate is what a training will cost.
type TrainEstimate struct {
	Method      string  `json:"method"`
	Steps       int     `json:"steps"`
	BatchTokens int     `json:"batch_tokens"`
	Parameters  int64   `json:"parameters"`
	Trainable   int64   `json:"trainable"`
	Engine      string  `json:"engine"`
	MemoryBytes int64   `json:"memory_bytes,omitempty"` // of the engine winnow
	Seconds     float64 `json:"seconds,omitempty"`
}

// Time returns the training's duration for people.
func (e *TrainEstimate) Time() time.Duration {
	return time.Duration(e.Seconds * float64(time.Second)).Round(time.Second)
}

// CurationTime returns the curation's duration for people.
func (e *Estimate) CurationTime() time.Duration {
	return time.Duration(e.Seconds * float64(time.Second)).Round(100 * time.Millisecond)
}

// sampleFor bounds how long the sample of an estimate is worked on.
const sampleFor = 2 * time.Second

// EstimateRun times the plan's steps on the first rows of every source and scales the result up.
func EstimateRun(ctx context.Context, p *Plan, dir string) (*Estimate, error) {
	e := &Estimate{Dir: dir, Done: make([]bool, len(p.Stages))}
	for i, s := range p.Stages {
		e.Done[i] = p.stageDone(dir, s)
	}
	var sampled, total int64
	var spent time.Duration
	for i := range p.Sources {
		rows, bytes, took, err := p.timeSource(ctx, i, sampleFor/time.Duration(len(p.Sources)))
		if err != nil {
			return nil, err
		}
		expect := max(p.Sources[i].Layout.Bytes, bytes)
		if bytes > 0 {
			e.Rows += int64(float64(rows) * float64(expect) / float64(bytes) * p.Sample)
		}
		total += int64(float64(expect) * p.Sample)
		sampled += bytes
		spent += took
	}
	e.TextBytes = total
	if sampled > 0 {
		e.Seconds = spent.Seconds() * float64(total) / float64(sampled)
	}
	e.DiskBytes = int64(float64(total) * p.diskShare())
	e.MemoryBytes = p.Recipe.Memory + 4*2*batchBytes
	if p.Recipe.Train != nil {
		warnings, err := CheckEngine(ctx, p.Recipe)
		if err != nil {
			return nil, err
		}
		p.Warnings = append(p.Warnings, warnings...)
		t, err := p.estimateTraining(e)
		if err != nil {
			return nil, err
		}
		e.Train = t
	}
	return e, nil
}

// Bytes on disk a byte of text, measured on examples/medical (27 MB of English and Chinese): rows between two stages, the finished data set, and the notes of a keyed survey
// (dedup with 32 bands).
const (
	diskStage = 0.5
	diskData  = 0.3
	diskNotes = 1.7
)

// diskShare is what a run takes on disk for each byte of text.
func (p *Plan) diskShare() float64 {
	share := diskData + diskStage*float64(len(p.Stages))
	for _, s := range p.Stages {
		if s.Survey == nil {
			continue
		}
		if _, keyed := s.Survey.Params.(filters.Keyed); keyed {
			share += diskNotes
		}
	}
	return share
}

func (p *Plan) stageDone(dir string, s *Stage) bool {
	work := filepath.Join(dir, "work", fmt.Sprintf("%02d-%s", s.Index, s.Digest[:16]))
	for n := range p.Shards {
		if _, err := os.Stat(filepath.Join(work, fmt.Sprintf("%05d.json", n))); err != nil {
			return false
		}
	}
	return len(p.Shards) > 0
}

// timeSource runs the steps of all stages but the surveys on the first rows of a source.
func (p *Plan) timeSource(ctx context.Context, i int, limit time.Duration) (rows, bytes int64, took time.Duration, err error) {
	begin := time.Now()
	src := p.Sources[i]
	out := p.Stages[len(p.Stages)-1].Out
	walker := filters.NewRows(out)
	var chains []link
	for _, s := range p.Stages {
		chains = append(chains, fork(links(&Stage{Steps: s.Steps}, filters.Conclusion{}))...)
	}
	c := chain{links: chains, ledger: newLedger(nil, chains), kept: func(*filters.Row) error { return nil }, dropped: func(*filters.Row, link) error { return nil }}
	probe := &stageRun{plan: p, stage: p.Stages[0]}
	account := &shardAccount{Ledger: newLedger(probe.sourceNames(), nil)}
	for _, sh := range src.Shards {
		for b, err := range probe.batches(ctx, sh.Index, account) {
			if err != nil {
				return rows, bytes, time.Since(begin), err
			}
			walker.Load(b)
			for k := range b.Refs {
				row := walker.At(b, k)
				rows++
				for _, piece := range row.Pieces() {
					bytes += int64(len(piece.Text))
				}
				if err := c.row(row); err != nil {
					b.Release()
					return rows, bytes, time.Since(begin), err
				}
				if k%64 == 0 && time.Since(begin) > limit {
					b.Release()
					return rows, bytes, time.Since(begin), nil
				}
			}
			b.Release()
		}
	}
	return rows, bytes, time.Since(begin), nil
}
