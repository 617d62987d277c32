// A server as the last chapter of "The Rust Programming Language" has one: four threads that take connections from a
// channel, one request a connection. Usage: book PORT
use std::{
    env,
    io::{prelude::*, BufReader},
    net::{TcpListener, TcpStream},
    sync::{mpsc, Arc, Mutex},
    thread,
};

const WORKERS: usize = 4;

fn answer(mut stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines();
    let Some(Ok(request_line)) = lines.next() else { return };
    // The rest of the head, so that closing the connection resets nothing.
    while matches!(lines.next(), Some(Ok(line)) if !line.is_empty()) {}
    let (status, content) = if request_line == "GET / HTTP/1.1" {
        ("200 OK", "Hello")
    } else {
        ("404 NOT FOUND", "Not here")
    };
    let length = content.len();
    let reply = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{content}");
    let _ = stream.write_all(reply.as_bytes());
}

fn main() {
    let port = env::args().nth(1).unwrap_or("7878".into());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free");
    let (sender, receiver) = mpsc::channel::<TcpStream>();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..WORKERS {
        let receiver = Arc::clone(&receiver);
        thread::spawn(move || loop {
            let Ok(stream) = receiver.lock().expect("no worker panics").recv() else { return };
            answer(stream);
        });
    }
    for stream in listener.incoming().flatten() {
        let _ = sender.send(stream);
    }
}
