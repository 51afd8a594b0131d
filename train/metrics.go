package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// The logs of a run. The event file has one fixed name, so that a resumed run goes on in it.
const (
	MetricsFile = "metrics.jsonl"
	EventsFile  = "events.out.tfevents.0000000000.winnow"
)

// Metrics is one line of metrics.jsonl: one step. Step 0 is the evaluation before training.
type Metrics struct {
	Step         int                           `json:"step"`
	Loss         *float64                      `json:"loss,omitempty"` // a labelled token's, or a pair's, before the step's update
	LearningRate *float64                      `json:"lr,omitempty"`
	GradNorm     *float64                      `json:"grad_norm,omitempty"` // before clipping
	Won          *float64                      `json:"pairs_won,omitempty"` // dpo, orpo: share of pairs whose chosen answer is ahead
	Tokens       int64                         `json:"tokens"`              // seen since the run began
	TokensPerSec float64                       `json:"tok_s,omitempty"`
	Memory       int64                         `json:"mem"` // resident bytes of the process
	EvalLoss     *float64                      `json:"eval_loss,omitempty"`
	EvalWon      *float64                      `json:"eval_pairs_won,omitempty"`
	EvalAccuracy *float64                      `json:"eval_accuracy,omitempty"` // classify
	Window       int                           `json:"window,omitempty"`        // steps that Groups covers, this one the last
	Groups       map[string]map[string]float64 `json:"groups,omitempty"`        // column → value → share of the window's rows
}

// logs are the open metrics.jsonl and event file.
type logs struct {
	metrics, events *os.File
}

// openLogs opens both files and cuts off what was written after the checkpoint that the run goes on from; sizes of 0 begin anew.
func openLogs(dir string, metricsBytes, eventBytes int64) (*logs, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open the run's logs: %w", err)
	}
	l := &logs{}
	for _, f := range []struct {
		file **os.File
		name string
		size int64
	}{{&l.metrics, MetricsFile, metricsBytes}, {&l.events, EventsFile, eventBytes}} {
		file, err := os.OpenFile(filepath.Join(dir, f.name), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open the run's logs: %w", err), l.close())
		}
		*f.file = file
		info, err := file.Stat()
		if err == nil && info.Size() > f.size {
			err = file.Truncate(f.size)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open the run's logs: %w", err), l.close())
		}
	}
	if eventBytes == 0 {
		if _, err := l.events.Write(eventHeader(wall())); err != nil {
			return nil, errors.Join(fmt.Errorf("write %s: %w", EventsFile, err), l.close())
		}
	}
	return l, nil
}

// write appends one step to both files.
func (l *logs) write(m Metrics) error {
	line, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write %s: %w", MetricsFile, err)
	}
	if _, err := l.metrics.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", MetricsFile, err)
	}
	var points []scalar
	for _, p := range []struct {
		tag   string
		value *float64
	}{
		{"train/loss", m.Loss}, {"train/learning_rate", m.LearningRate}, {"train/grad_norm", m.GradNorm}, {"train/pairs_won", m.Won},
		{"eval/loss", m.EvalLoss}, {"eval/pairs_won", m.EvalWon}, {"eval/accuracy", m.EvalAccuracy},
	} {
		if p.value != nil {
			points = append(points, scalar{p.tag, *p.value})
		}
	}
	if m.TokensPerSec > 0 {
		points = append(points, scalar{"train/tokens_per_second", m.TokensPerSec})
	}
	if _, err := l.events.Write(scalarEvent(wall(), m.Step, points)); err != nil {
		return fmt.Errorf("write %s: %w", EventsFile, err)
	}
	return nil
}

// sizes syncs both files and returns their lengths, for the checkpoint.
func (l *logs) sizes() (metricsBytes, eventBytes int64, err error) {
	for _, f := range []struct {
		file *os.File
		size *int64
	}{{l.metrics, &metricsBytes}, {l.events, &eventBytes}} {
		if err := f.file.Sync(); err != nil {
			return 0, 0, fmt.Errorf("sync the run's logs: %w", err)
		}
		info, err := f.file.Stat()
		if err != nil {
			return 0, 0, err
		}
		*f.size = info.Size()
	}
	return metricsBytes, eventBytes, nil
}

func (l *logs) close() error {
	var err error
	for _, f := range []*os.File{l.metrics, l.events} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

func wall() float64 { return float64(time.Now().UnixMicro()) / 1e6 }

// residentBytes is the memory the process occupies: Linux says so, elsewhere what the Go runtime took from the system.
func residentBytes() int64 {
	if data, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(data)); len(fields) > 1 {
			if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// shares counts the rows of each group column's values over a window of steps.
type shares struct {
	columns []column
	steps   int
	rows    int
	counts  [][]int
}

// maxValues is how many values a column may have for its shares to be logged; more is an identifier, not a group.
const maxValues = 64

func newShares(columns []column) *shares {
	s := &shares{}
	for _, c := range columns {
		if len(c.values) <= maxValues {
			s.columns = append(s.columns, c)
			s.counts = append(s.counts, make([]int, len(c.values)))
		}
	}
	return s
}

// add counts one step's rows.
func (s *shares) add(rows []int) {
	s.steps++
	s.rows += len(rows)
	for i, c := range s.columns {
		for _, r := range rows {
			if v := c.of[r]; v >= 0 {
				s.counts[i][v]++
			}
		}
	}
}

// take returns the shares since the last call and begins a new window.
func (s *shares) take() (steps int, groups map[string]map[string]float64) {
	groups = map[string]map[string]float64{}
	for i, c := range s.columns {
		of := map[string]float64{}
		for v, name := range c.values {
			of[name] = float64(s.counts[i][v]) / float64(max(s.rows, 1))
		}
		groups[c.name] = of
		clear(s.counts[i])
	}
	steps, s.steps, s.rows = s.steps, 0, 0
	return steps, groups
}
