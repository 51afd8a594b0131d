package torch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Process is the running engine.py. It does one command at a time.
type Process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan []byte // one line each; closed when the process has closed its output
	stderr  *tail
	ended   chan struct{} // closed once the process has been waited for
	exit    error         // how it ended; valid after ended
}

// patience is how long a process may go on with its command after the run was cancelled, and how long it may take to end.
const patience = 30 * time.Second

// Start launches the engine in dir, where its script and the log of its error output (torch.log) will lie. threads is how many CPU threads all
// processes have together; 0 leaves it to PyTorch.
func Start(dir string, o Options, threads int) (*Process, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(dir, "engine.py"))
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, script, 0o644); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "torch.log"))
	if err != nil {
		return nil, err
	}
	args := []string{path}
	if n := o.processes(); n > 1 {
		args = []string{"-m", "torch.distributed.run", "--standalone", "--nproc-per-node", strconv.Itoa(n), path}
	}
	p := &Process{cmd: exec.Command(o.Python, args...), answers: make(chan []byte), stderr: &tail{log: log}, ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "TOKENIZERS_PARALLELISM=false", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1")
	if threads > 0 {
		p.cmd.Env = append(p.cmd.Env, fmt.Sprintf("OMP_NUM_THREADS=%d", max(1, threads/o.processes())))
	}
	p.cmd.Stderr = p.stderr
	p.cmd.WaitDelay = patience
	apart(p.cmd)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start PyTorch: %w", err), log.Close())
	}
	go p.listen(out)
	return p, nil
}

// listen hands on the answers, then waits for the end.
func (p *Process) listen(out io.Reader) {
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break
		}
		p.answers <- line
	}
	close(p.answers)
	p.exit = p.cmd.Wait()
	p.exit = errors.Join(p.exit, p.stderr.log.Close())
	close(p.ended)
}

// failure is what every answer may hold besides its own fields.
type failure struct {
	Error  string `json:"error"`
	Memory bool   `json:"memory"` // it is for want of GPU memory
}

// Number is a number of an answer; "nan", "inf" and "-inf" stand for what JSON cannot write.
type Number float64

// UnmarshalJSON reads a number, or one of the three strings.
func (n *Number) UnmarshalJSON(data []byte) error {
	x, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	*n = Number(x)
	return err
}

// Call sends a command and reads its answer. When ctx ends the command may still finish; after a while the process is killed.
func (p *Process) Call(ctx context.Context, command, answer any) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	// A write error means that the process has gone; its end says more than the broken pipe.
	_, _ = p.in.Write(append(line, '\n'))
	got, ok, err := p.wait(ctx)
	if err != nil {
		return err
	}
	if !ok {
		return p.died()
	}
	var f failure
	if err := json.Unmarshal(got, &f); err != nil {
		return fmt.Errorf("PyTorch gave an answer that is no JSON: %.200q", got)
	}
	switch {
	case f.Memory:
		return fmt.Errorf("the GPU has too little memory: lower train.batches.micro or tokenize.length, or share the model among several GPUs (train.gpus, train.sharded): %s", f.Error)
	case f.Error != "":
		return fmt.Errorf("PyTorch: %s; its full error output is in %s", f.Error, p.stderr.log.Name())
	}
	return json.Unmarshal(got, answer)
}

func (p *Process) wait(ctx context.Context) (line []byte, ok bool, err error) {
	select {
	case line, ok = <-p.answers:
		return line, ok, nil
	case <-ctx.Done():
	}
	select {
	case line, ok = <-p.answers:
		return line, ok, nil
	case <-time.After(patience):
		p.kill()
		return nil, false, fmt.Errorf("PyTorch did not finish its command within %v and was ended: %w", patience, context.Cause(ctx))
	}
}

// died says how the process ended, with the end of its error output.
func (p *Process) died() error {
	p.kill()
	how := "ended"
	if p.exit != nil {
		how += " (" + p.exit.Error() + ")"
	}
	said := lastLines(p.stderr.bytes(), 15)
	if said == "" {
		return fmt.Errorf("the PyTorch process %s and said nothing; a process that the system kills for want of memory looks like this", how)
	}
	return fmt.Errorf("the PyTorch process %s; its last words, all of them in %s:\n%s", how, p.stderr.log.Name(), said)
}

// Close lets the process end, by closing its input, and kills it if it does not.
func (p *Process) Close() error {
	_ = p.in.Close()
	select {
	case <-p.ended:
	case <-p.drained():
	case <-time.After(patience):
	}
	p.kill()
	return nil
}

// drained passes over answers that nobody waits for any more, until the output closes.
func (p *Process) drained() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		for range p.answers { // so that listen gets to the end
		}
		<-p.ended
		close(done)
	}()
	return done
}

// kill ends the process and its children, and waits for that.
func (p *Process) kill() {
	select {
	case <-p.ended:
		return
	default:
	}
	gone := p.drained()
	terminate(p.cmd)
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		destroy(p.cmd)
		<-gone
	}
}

// tail is an error output: all of it goes to a log, the last kept bytes stay at hand.
type tail struct {
	log  *os.File
	mu   sync.Mutex
	last []byte
}

// kept is enough for fifteen lines of a traceback.
const kept = 8 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, b...)
	t.last = t.last[max(0, len(t.last)-kept):]
	return t.log.Write(b)
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}
