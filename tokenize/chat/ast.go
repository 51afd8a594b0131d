package chat

// expr is an expression of a template; node is a statement or text between tags.
type expr interface {
	eval(ev *evaluator) (any, error)
}

type node interface {
	exec(ev *evaluator) error
}

type (
	literal  struct{ value any }
	variable struct{ name string }
	listExpr struct {
		items []expr
		tuple bool
	}
	dictExpr struct{ keys, vals []expr }
	attrExpr struct { // of.name
		of   expr
		name string
	}
	itemExpr  struct{ of, index expr } // of[index]
	sliceExpr struct{ of, from, to, step expr }
	callExpr  struct {
		fn expr
		args
	}
	filterExpr struct {
		of   expr // nil in a filter block: the block's text
		name string
		fn   filterFunc
		args
	}
	testExpr struct {
		of   expr
		name string
		fn   testFunc
		args
	}
	unaryExpr struct { // op is "-", "+" or "not"
		op string
		of expr
	}
	binaryExpr struct {
		op          string
		left, right expr
	}
	logicExpr struct {
		and         bool
		left, right expr
	}
	compareExpr struct { // a < b <= c: ops has one entry less than operands
		operands []expr
		ops      []string
	}
	condExpr struct{ test, yes, no expr } // no is nil where there is no else

	args struct {
		pos   []expr
		names []string
		named []expr
	}
)

type (
	textNode struct{ text string }
	outNode  struct {
		line int
		of   expr
	}
	ifNode struct {
		line  int
		tests []expr
		blks  [][]node
		other []node
	}
	forNode struct {
		line        int
		target      target
		over, where expr
		body, other []node
	}
	setNode struct {
		line   int
		target target
		value  expr
	}
	setBlock struct {
		line    int
		target  target
		filters []*filterExpr
		body    []node
	}
	withNode struct {
		line    int
		targets []target
		values  []expr
		body    []node
	}
	macroNode struct{ macro *macro }
	callNode  struct {
		line   int
		call   *callExpr
		caller *macro
	}
	filterNode struct {
		line    int
		filters []*filterExpr
		body    []node
	}
	generationNode struct{ body []node }
	jumpNode       struct{ err error } // break, continue
)

// target is what a for or set assigns to: one name, a member of a namespace, or several targets for a sequence.
type target struct {
	name    string
	member  string
	several []target
}

type macro struct {
	name     string
	params   []string
	defaults []expr // the last len(defaults) parameters have one
	body     []node
}
