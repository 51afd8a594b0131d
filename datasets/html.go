package datasets

// HTMLOptions are the parameters of web pages.
type HTMLOptions struct {
	Text string `param:"text" default:"main" enum:"main,all,raw" doc:"what is taken of an HTML page: its main content, all text, or the file as it is"`
}

func (o *HTMLOptions) check() []error { return nil }
