//! Conditions: comparisons, `&&`, `||`, `!`, `?:`, numbers and texts, where JEXL, Groovy and JavaScript agree. What goes
//! beyond that has no value, but a side that decides alone still does: `false && f()` is false.

use super::{Names, Value};

/// The deepest nesting of a script.
const DEEPEST: u32 = 60;

/// The value of a script of one expression. `None` if the script is more than that.
pub(in crate::read) fn evaluate(names: &Names, source: &str) -> Option<Value> {
    let tokens = super::script::tokens(source)?;
    let mut parser = Parser { names, tokens: &tokens, depth: 0 };
    let value = parser.choice()?;
    parser.take(";");
    parser.tokens.is_empty().then_some(value)
}

/// A word of a script.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Value(Value),
    Name(String),
    Sign(&'static str),
}

/// Signs, the longer before those that they begin with.
const SIGNS: [&str; 28] = [
    "===", "!==", "==", "!=", "<=", ">=", "=~", "&&", "||", "?:", "?.", "<", ">", "!", "?", ":", "(", ")",
    "+", "-", "*", "/", "%", ",", ".", ";", "[", "]",
];

fn tokens(source: &str) -> Option<Vec<Token>> {
    let (mut tokens, mut rest) = (Vec::new(), source.trim_start());
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' => quoted(rest, first)?,
            '0'..='9' => number(rest)?,
            '$' if rest.starts_with("${") => (Token::Value(Value::Unknown), rest.find('}')? + 1),
            _ if first.is_alphabetic() || first == '_' => name(rest),
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
                (Token::Sign(sign), sign.len())
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

fn quoted(text: &str, quote: char) -> Option<(Token, usize)> {
    let (mut out, mut chars) = (String::new(), text.char_indices().skip(1));
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => out.push(chars.next()?.1),
            _ if char == quote => return Some((Token::Value(Value::Text(out)), at + 1)),
            _ => out.push(char),
        }
    }
    None
}

fn number(text: &str) -> Option<(Token, usize)> {
    let digits = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let value = text[..digits].parse().ok()?;
    // Java marks a long, a float or a double by a letter.
    let marked = text[digits..].starts_with(['L', 'l', 'f', 'F', 'd', 'D']);
    Some((Token::Value(Value::Number(value)), digits + usize::from(marked)))
}

fn name(text: &str) -> (Token, usize) {
    let end = text.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(text.len());
    let token = match &text[..end] {
        "true" => Token::Value(Value::Bool(true)),
        "false" => Token::Value(Value::Bool(false)),
        "null" => Token::Value(Value::Null),
        "eq" => Token::Sign("=="),
        "ne" => Token::Sign("!="),
        "lt" => Token::Sign("<"),
        "gt" => Token::Sign(">"),
        "le" => Token::Sign("<="),
        "ge" => Token::Sign(">="),
        "and" => Token::Sign("&&"),
        "or" => Token::Sign("||"),
        "not" => Token::Sign("!"),
        word => Token::Name(word.to_owned()),
    };
    (token, end)
}

struct Parser<'source> {
    names: &'source Names,
    tokens: &'source [Token],
    depth: u32,
}

impl Parser<'_> {
    /// Takes this sign if it is the next token.
    fn take(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.tokens.first(), Some(Token::Sign(next)) if *next == sign);
        self.tokens = if is_next { &self.tokens[1..] } else { self.tokens };
        is_next
    }

    /// `a ? b : c` and `a ?: b`.
    fn choice(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let condition = self.either()?;
        let value = if self.take("?:") {
            let other = self.choice()?;
            match condition.truth() {
                Some(true) => condition,
                Some(false) => other,
                None => Value::Unknown,
            }
        } else if self.take("?") {
            let yes = self.choice()?;
            let no = if self.take(":") { self.choice()? } else { return None };
            match condition.truth() {
                Some(true) => yes,
                Some(false) => no,
                None if yes == no => yes,
                None => Value::Unknown,
            }
        } else {
            condition
        };
        self.depth -= 1;
        Some(value)
    }

    fn either(&mut self) -> Option<Value> {
        let mut left = self.both()?;
        while self.take("||") {
            let right = self.both()?;
            left = decided(left.truth(), right.truth(), true);
        }
        Some(left)
    }

    fn both(&mut self) -> Option<Value> {
        let mut left = self.comparison()?;
        while self.take("&&") {
            let right = self.comparison()?;
            left = decided(left.truth(), right.truth(), false);
        }
        Some(left)
    }

    fn comparison(&mut self) -> Option<Value> {
        let mut left = self.sum()?;
        loop {
            let Some(Token::Sign(sign)) = self.tokens.first() else { return Some(left) };
            if !matches!(*sign, "==" | "===" | "!=" | "!==" | "<" | ">" | "<=" | ">=" | "=~") {
                return Some(left);
            }
            self.take(sign);
            let right = self.sum()?;
            left = compared(sign, &left, &right).map_or(Value::Unknown, Value::Bool);
        }
    }

    fn sum(&mut self) -> Option<Value> {
        let mut left = self.product()?;
        loop {
            if self.take("+") {
                left = left.plus(&self.product()?);
            } else if self.take("-") {
                left = calculated(&left, &self.product()?, |a, b| a - b);
            } else {
                return Some(left);
            }
        }
    }

    fn product(&mut self) -> Option<Value> {
        let mut left = self.unary()?;
        loop {
            if self.take("*") {
                left = calculated(&left, &self.unary()?, |a, b| a * b);
            } else if self.take("/") {
                left = calculated(&left, &self.unary()?, |a, b| a / b);
            } else if self.take("%") {
                left = calculated(&left, &self.unary()?, |a, b| a % b);
            } else {
                return Some(left);
            }
        }
    }

    fn unary(&mut self) -> Option<Value> {
        let (mut not, mut minus) = (0_u32, 0_u32);
        loop {
            if self.take("!") {
                not += 1;
            } else if self.take("-") {
                minus += 1;
            } else {
                break;
            }
        }
        let value = self.member()?;
        let value =
            if minus % 2 == 1 { calculated(&Value::Number(0.0), &value, |a, b| a - b) } else { value };
        Some(match (not, value.truth()) {
            (0, _) => value,
            (_, Some(truth)) => Value::Bool(truth == (not % 2 == 0)),
            (_, None) => Value::Unknown,
        })
    }

    /// A value with the members that are asked of it: `"a".equals("b")`.
    fn member(&mut self) -> Option<Value> {
        let mut path = String::new();
        let mut value = match self.tokens.split_first()? {
            (Token::Value(value), rest) => {
                self.tokens = rest;
                value.clone()
            }
            (Token::Name(name), rest) => {
                self.tokens = rest;
                path.clone_from(name);
                self.call(&Value::Unknown, &path)?
            }
            (Token::Sign("("), rest) => {
                self.tokens = rest;
                let value = self.choice()?;
                if self.take(")") { value } else { return None }
            }
            _ => return None,
        };
        while self.take(".") || self.take("?.") {
            let (Token::Name(name), rest) = self.tokens.split_first()? else { return None };
            self.tokens = rest;
            path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let receiver = std::mem::replace(&mut value, Value::Unknown);
            value = self.call(&receiver, &path)?;
            if !value.is_unknown() {
                path.clear();
            }
        }
        self.cast(value)
    }

    /// Groovy's `as int`.
    fn cast(&mut self, value: Value) -> Option<Value> {
        let Some((Token::Name(word), rest)) = self.tokens.split_first() else { return Some(value) };
        let (Token::Name(kind), rest) =
            (if word == "as" { rest.split_first()? } else { return Some(value) })
        else {
            return None;
        };
        self.tokens = rest;
        let is_number =
            matches!(kind.as_str(), "int" | "Integer" | "long" | "Long" | "double" | "Double" | "float");
        Some(if is_number { value.number().map_or(Value::Unknown, Value::Number) } else { value })
    }

    /// A member, called if it has arguments.
    fn call(&mut self, receiver: &Value, path: &str) -> Option<Value> {
        let mut arguments = Vec::new();
        if self.take("(") && !self.take(")") {
            loop {
                arguments.push(self.choice()?);
                if self.take(")") {
                    break;
                }
                if !self.take(",") {
                    return None;
                }
            }
        }
        Some(member_value(self.names, receiver, path, &arguments))
    }
}

/// `or` and `and`: the side that decides alone does, whatever the other is.
fn decided(left: Option<bool>, right: Option<bool>, decides: bool) -> Value {
    if left == Some(decides) || right == Some(decides) {
        return Value::Bool(decides);
    }
    if left.is_some() && right.is_some() { Value::Bool(!decides) } else { Value::Unknown }
}

fn compared(sign: &str, left: &Value, right: &Value) -> Option<bool> {
    match sign {
        "==" | "===" => left.equals(right),
        "!=" | "!==" => left.equals(right).map(|equal| !equal),
        "=~" => None,
        _ => {
            let (left, right) = (left.number()?, right.number()?);
            Some(match sign {
                "<" => left < right,
                ">" => left > right,
                "<=" => left <= right,
                _ => left >= right,
            })
        }
    }
}

fn calculated(left: &Value, right: &Value, with: fn(f64, f64) -> f64) -> Value {
    match (left.number(), right.number()) {
        (Some(left), Some(right)) => {
            Some(with(left, right)).filter(|number| number.is_finite()).map_or(Value::Unknown, Value::Number)
        }
        _ => Value::Unknown,
    }
}

/// What a member of a value is, or what a known object has.
fn member_value(names: &Names, receiver: &Value, path: &str, arguments: &[Value]) -> Value {
    let first = arguments.first();
    if let (Value::Text(text), false) = (receiver, receiver.is_unknown()) {
        return text_member(text, path.rsplit('.').next().unwrap_or(path), first);
    }
    match (path, first) {
        ("vars.get", Some(Value::Text(name))) => variable(names, name),
        ("props.get", Some(Value::Text(name))) => {
            names.property(name).map_or(Value::Unknown, |value| Value::Text(value.clone()))
        }
        ("Boolean.parseBoolean" | "Boolean.valueOf", Some(Value::Text(text))) if super::is_known(text) => {
            Value::Bool(text.eq_ignore_ascii_case("true"))
        }
        ("ctx.threadNum" | "ctx.getThreadNum", None) => thread(names),
        (super::draw::FRACTION, None) => fraction(names),
        ("Integer.parseInt" | "Long.parseLong" | "parseInt" | "parseFloat" | "Number", Some(value)) => {
            value.number().map_or(Value::Unknown, Value::Number)
        }
        _ => Value::Unknown,
    }
}

/// A number from 0 up to 1.
fn fraction(names: &Names) -> Value {
    let number = names.given(super::draw::FRACTION).and_then(|number| number.parse::<i32>().ok());
    number
        .map_or(Value::Unknown, |number| Value::Number(f64::from(number) / f64::from(super::draw::FRACTIONS)))
}

/// The number of the thread, from 0.
fn thread(names: &Names) -> Value {
    let number = names.given(super::THREAD).and_then(|number| number.parse::<f64>().ok());
    number.map_or(Value::Thread(0), |number| Value::Number(number - 1.0))
}

/// A variable in a script: `null` cannot be distinguished from one that is set later.
fn variable(names: &Names, name: &str) -> Value {
    if names.is_unset(name) {
        return Value::Null;
    }
    let value = names.text(&format!("${{{name}}}"));
    if super::is_known(&value) { Value::Text(value) } else { Value::Unknown }
}

fn text_member(text: &str, member: &str, first: Option<&Value>) -> Value {
    let other = first.and_then(|value| if value.is_unknown() { None } else { value.to_text() });
    match (member, other) {
        ("equals", Some(other)) => Value::Bool(text == other),
        ("equalsIgnoreCase", Some(other)) => Value::Bool(text.eq_ignore_ascii_case(&other)),
        ("contains", Some(other)) => Value::Bool(text.contains(&other)),
        ("startsWith", Some(other)) => Value::Bool(text.starts_with(&other)),
        ("endsWith", Some(other)) => Value::Bool(text.ends_with(&other)),
        ("toBoolean", None) => Value::Bool(text.trim().eq_ignore_ascii_case("true")),
        ("isEmpty", None) => Value::Bool(text.is_empty()),
        ("length" | "size", None) => {
            u32::try_from(text.len()).map_or(Value::Unknown, |length| Value::Number(length.into()))
        }
        ("trim", None) => Value::Text(text.trim().to_owned()),
        ("toString" | "bytes" | "getBytes", None) => Value::Text(text.to_owned()),
        ("encodeBase64", None) => Value::Text(super::value::base64(text.as_bytes())),
        ("toLowerCase", None) => Value::Text(text.to_lowercase()),
        ("toUpperCase", None) => Value::Text(text.to_uppercase()),
        ("toInteger" | "toLong" | "toDouble", None) => {
            Value::Text(text.to_owned()).number().map_or(Value::Unknown, Value::Number)
        }
        _ => Value::Unknown,
    }
}
