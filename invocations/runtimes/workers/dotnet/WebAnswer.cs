// The body of a request as it comes in, and the answer as it goes out.

using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Primitives;

namespace Serin
{
    /// <summary>
    /// What an HTTP function writes. What is ready at once goes out whole, at the end. Everything else begins
    /// as soon as the function flushes, waits for something, has written much or lets a moment pass; from then
    /// on each piece goes out at once.
    /// </summary>
    internal sealed class WebAnswer : Stream
    {
        public const string CallerHasLeft = "The caller has left";

        private const int WholeBytes = 1024 * 1024, ChunkBytes = 64 * 1024, MomentMs = 5;

        private readonly Channel channel;
        private readonly byte[] sequence;
        private readonly int limit;
        private readonly MemoryStream held = new MemoryStream();
        private readonly object writing = new object();
        private Incoming incoming;
        private long size;
        private bool goesOutAtOnce, isOver;
        private Exception failure, callerLeft;
        private Timer moment;

        public WebAnswer(Channel channel, ulong sequence, int limit)
        {
            this.channel = channel;
            this.sequence = BitConverter.GetBytes(sequence);
            this.limit = limit;
        }

        public WebResponse Response { get; set; }

        /// <summary>Whether the answer has no body whatever is written, for it answers HEAD.</summary>
        public bool IsBodiless { get; set; }

        public bool HasBegun { get; private set; }

        /// <summary>The body of the request of this frame, whole or still on its way.</summary>
        public Stream Incoming(Frame frame, int offset)
        {
            incoming = new Incoming(channel, frame, offset);
            return frame.Kind == Kind.HttpOpen ? (Stream)incoming : new MemoryStream(frame.Data, offset, frame.Data.Length - offset, false, true);
        }

        /// <summary>The function waits for something: what it has written shall not wait with it.</summary>
        public void Waits()
        {
            lock (writing)
            {
                if (isOver)
                    return;
                goesOutAtOnce = true;
                try
                {
                    SendHeld();
                }
                catch (Fault fault)
                {
                    failure = fault;
                }
            }
        }

        /// <summary>Whether the call ended by this error because nobody reads its answer any more: no fault of the function.</summary>
        public bool IsCallerLeft(Exception error) => error == callerLeft;

        public override void Write(byte[] data, int offset, int count)
        {
            lock (writing)
            {
                if (isOver)
                    throw new ObjectDisposedException("Body", "The call has ended");
                if (failure != null)
                    throw failure;
                size += count;
                if (size > limit)
                    throw failure = new Fault("Response exceeds " + limit + " bytes", "ResponseSizeTooLarge");
                if (HasBegun && incoming.CallerLeft())
                    throw failure = callerLeft = new IOException(CallerHasLeft);
                if (!HasNoBody())
                    held.Write(data, offset, count);
                if (goesOutAtOnce || held.Length > WholeBytes)
                    SendHeld();
                else if (moment == null && held.Length > 0)
                    moment = new Timer(_ => Waits(), null, MomentMs, Timeout.Infinite);
            }
        }

        public override void Flush() => Waits();

        // Neither waits for the caller: what is awaited is over at once.
        public override Task WriteAsync(byte[] data, int offset, int count, CancellationToken cancelled)
        {
            Write(data, offset, count);
            return Task.CompletedTask;
        }

        public override Task FlushAsync(CancellationToken cancelled)
        {
            Flush();
            return Task.CompletedTask;
        }

        /// <summary>The result of a call whose method has returned.</summary>
        public Result End(WebResponse response)
        {
            if (response.Body != this)
                SendOther(response.Body);
            lock (writing)
            {
                // From here on the moment that may still be running out sends nothing.
                isOver = true;
                if (failure != null)
                    throw failure;
                if (!HasBegun)
                    return new Result(Kind.HttpAnswer, Whole());
                SendHeld();
                if (response.ContentLength is long declared && declared != size)
                    throw OtherLength("only", declared);
                return new Result(Kind.Ok, null);
            }
        }

        /// <summary>After the call nothing is written any more, whoever still holds the stream.</summary>
        public override void Close()
        {
            lock (writing)
            {
                isOver = true;
                moment?.Dispose();
                incoming.Forget();
            }
        }

        /// <summary>The stream that the function put in place of this one.</summary>
        private void SendOther(Stream body)
        {
            if (body is MemoryStream)
            {
                ArraySegment<byte> whole = Streams.WholeOf(body, limit);
                Write(whole.Array, whole.Offset, whole.Count);
                return;
            }
            using (body)
            {
                goesOutAtOnce = true;
                var piece = new byte[ChunkBytes];
                int count;
                while ((count = body.Read(piece, 0, piece.Length)) > 0)
                    Write(piece, 0, count);
            }
        }

        private bool HasNoBody() => IsBodiless || Response.StatusCode == 204 || Response.StatusCode == 205 || Response.StatusCode == 304;

        private Fault OtherLength(string much, long declared) =>
            new Fault("The answer has " + much + " " + size + " bytes where its Content-Length says " + declared, "BadResponse");

        private void SendHeld()
        {
            if (held.Length == 0)
                return;
            if (Response.ContentLength is long declared && declared < size)
                throw failure = OtherLength("at least", declared);
            byte[] data = held.GetBuffer();
            int length = (int)held.Length, at = 0;
            if (!HasBegun)
            {
                byte[] head = Head();
                HasBegun = true;
                at = Math.Min(length, ChunkBytes);
                channel.Send(Kind.Begin, sequence, head, new ArraySegment<byte>(data, 0, at));
            }
            for (int next; at < length; at = next)
            {
                next = Math.Min(length, at + ChunkBytes);
                channel.Send(Kind.Chunk, sequence, new byte[0], new ArraySegment<byte>(data, at, next - at));
            }
            held.SetLength(0);
        }

        private byte[] Whole()
        {
            if (HasNoBody())
                held.SetLength(0);
            byte[] head = Head();
            var whole = new byte[head.Length + held.Length];
            Buffer.BlockCopy(head, 0, whole, 0, head.Length);
            Buffer.BlockCopy(held.GetBuffer(), 0, whole, head.Length, (int)held.Length);
            return whole;
        }

        /// <summary>Status, length and texts: see invocations/engine/http.py.</summary>
        private byte[] Head()
        {
            if (Response.StatusCode < 0 || Response.StatusCode > ushort.MaxValue)
                throw new Fault("The status of an answer is 200 to 599, not " + Response.StatusCode, "BadResponse");
            var texts = new StringBuilder();
            foreach (KeyValuePair<string, StringValues> header in Response.Headers)
            {
                foreach (string value in header.Value)
                    texts.Append(Fit(header.Key)).Append('\0').Append(Fit(value)).Append('\0');
            }
            byte[] encoded = Latin1.Encoding.GetBytes(texts.ToString());
            var head = new byte[6 + encoded.Length];
            head[0] = (byte)Response.StatusCode;
            head[1] = (byte)(Response.StatusCode >> 8);
            Channel.Put(head, 2, (uint)encoded.Length);
            Buffer.BlockCopy(encoded, 0, head, 6, encoded.Length);
            return head;
        }

        private static string Fit(string text)
        {
            foreach (char character in text ?? "")
            {
                if (character == '\0')
                    throw new Fault("A header holds a control character", "BadResponse");
                if (character > 'ÿ')
                    throw new Fault("A header holds a character that is not in latin-1", "BadResponse");
            }
            return text ?? "";
        }

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] data, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }

    /// <summary>The body of a request that comes in pieces. It also hears when the caller has left.</summary>
    internal sealed class Incoming : Stream
    {
        private readonly Channel channel;
        private readonly ulong sequence;
        private readonly object reading = new object();
        private readonly List<ArraySegment<byte>> pieces = new List<ArraySegment<byte>>();
        private ArraySegment<byte> piece;
        private bool isWhole, hasLeft;

        public Incoming(Channel channel, Frame frame, int offset)
        {
            this.channel = channel;
            sequence = frame.Sequence;
            piece = new ArraySegment<byte>(frame.Data, offset, frame.Data.Length - offset);
            isWhole = frame.Kind != Kind.HttpOpen;
        }

        /// <summary>Whether the caller is known to be gone; never waits.</summary>
        public bool CallerLeft()
        {
            // Whoever reads right now will hear of it.
            if (!Monitor.TryEnter(reading))
                return false;
            try
            {
                while (!hasLeft && channel.HasMore())
                    Receive();
                return hasLeft;
            }
            finally
            {
                Monitor.Exit(reading);
            }
        }

        public override int Read(byte[] data, int offset, int count)
        {
            if (count == 0)
                return 0;
            lock (reading)
            {
                while (piece.Count == 0)
                {
                    if (pieces.Count > 0)
                    {
                        piece = pieces[0];
                        pieces.RemoveAt(0);
                    }
                    else if (hasLeft)
                        throw new IOException(WebAnswer.CallerHasLeft);
                    else if (isWhole)
                        return 0;
                    else
                        Receive();
                }
                int taken = Math.Min(count, piece.Count);
                Buffer.BlockCopy(piece.Array, piece.Offset, data, offset, taken);
                piece = new ArraySegment<byte>(piece.Array, piece.Offset + taken, piece.Count - taken);
                return taken;
            }
        }

        /// <summary>At once when something is there; otherwise on another thread, which waits for it.</summary>
        public override Task<int> ReadAsync(byte[] data, int offset, int count, CancellationToken cancelled) =>
            isWhole || pieces.Count > 0 || piece.Count > 0 ? Task.FromResult(Read(data, offset, count)) : base.ReadAsync(data, offset, count, cancelled);

        /// <summary>The call is over: who still reads must not read the next one.</summary>
        public void Forget() => isWhole = true;

        private void Receive()
        {
            Frame frame = channel.Receive();
            if (frame.Sequence != sequence)
                return;
            hasLeft |= frame.Kind == Kind.Gone;
            if (frame.Kind != Kind.Body)
                return;
            int count = frame.Data.Length - Frame.HeaderBytes;
            isWhole |= count == 0;
            if (count > 0)
                pieces.Add(new ArraySegment<byte>(frame.Data, Frame.HeaderBytes, count));
        }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] data, int offset, int count) => throw new NotSupportedException();
    }
}
