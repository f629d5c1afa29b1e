using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Aliyun.Serverless.Core;

namespace Shop
{
    /// <summary>Tries what a function must not be able to do. The event "fine" asks for an honest answer.</summary>
    public class Orders
    {
        private static readonly List<object> kept = new List<object>();

        [DllImport("libc.so.6")]
        private static extern IntPtr write(int descriptor, byte[] data, IntPtr size);

        [DllImport("libc.so.6")]
        private static extern int close(int descriptor);

        [DllImport("libc.so.6")]
        private static extern void abort();

        [DllImport("libc.so.6")]
        private static extern IntPtr memset(IntPtr address, int value, IntPtr size);

        [DllImport("libc.so.6", SetLastError = true)]
        private static extern int unshare(int flags);

        [DllImport("libc.so.6", SetLastError = true)]
        private static extern int mount(string source, string target, string kind, ulong flags, IntPtr data);

        [DllImport("libc.so.6", SetLastError = true)]
        private static extern int kill(int process, int signal);

        public string Misbehave(string how)
        {
            switch (how)
            {
                case "exits": Environment.Exit(3); break;
                case "exits well": Environment.Exit(0); break;
                case "fails fast": Environment.FailFast("enough"); break;
                case "aborts": abort(); break;
                case "breaks memory": memset((IntPtr)16, 1, (IntPtr)64); break;
                case "kills itself": Process.GetCurrentProcess().Kill(); Thread.Sleep(10000); break;
                case "recurses": Deep(0); break;
                case "throws in a thread": ThrowInThread(); break;
                case "takes memory": while (true) Take(1 << 20); 
                case "takes memory at once": Take(2000000000); break;
                case "takes memory in children": Shell("x=a; while true; do x=$x$x; done"); break;
                case "throws out of memory": throw new OutOfMemoryException();
                case "loops": while (true) { }
                case "sleeps": Thread.Sleep(Timeout.Infinite); break;
                case "throws in the end": AppDomain.CurrentDomain.ProcessExit += (_, __) => Thread.Sleep(Timeout.Infinite); Environment.Exit(0); break;
            }
            return how;
        }

        /// <summary>Writes the event, frames that the test has made, to the engine's socket.</summary>
        public string Forge(Stream input)
        {
            byte[] data = new BinaryReader(input).ReadBytes((int)input.Length);
            if (Encoding.UTF8.GetString(data) != "fine")
                write(Sockets().Single(), data, (IntPtr)data.Length);
            return "honest";
        }

        public string Close(string text)
        {
            if (text != "fine")
                Sockets().ForEach(descriptor => close(descriptor));
            return "honest";
        }

        public int Try(Dictionary<string, string> attempt)
        {
            string what = attempt.Keys.Single(), with = attempt[what];
            switch (what)
            {
                case "read": return File.ReadAllBytes(with).Length;
                case "write": File.WriteAllText(with, "mine"); return 1;
                case "connect": new TcpClient().Connect(with.Split(':')[0], int.Parse(with.Split(':')[1])); return 1;
                case "unix": new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.IP).Connect(new Mono.UnixEndPoint(with)); return 1;
                case "signal": return Checked(kill(int.Parse(with), 9));
                case "unshare": return Checked(unshare(int.Parse(with)));
                case "mount": return Checked(mount("none", with, "tmpfs", 0, IntPtr.Zero));
            }
            throw new NotSupportedException(what);
        }

        public Dictionary<string, object> Look(Stream input)
        {
            string[] processes = Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)).ToArray();
            return new Dictionary<string, object>
            {
                ["root"] = Directory.GetFileSystemEntries("/").Select(Path.GetFileName).OrderBy(name => name, StringComparer.Ordinal),
                ["processes"] = processes.Select(path => File.ReadAllText(path + "/cmdline").Replace('\0', ' ')).ToArray(),
                ["environments"] = processes.Select(path => Readable(path + "/environ")).ToArray(),
                ["sockets"] = Sockets().Count,
                ["tmp"] = Directory.GetFileSystemEntries("/tmp").Length,
            };
        }

        public int Exhaust(string what)
        {
            int done = 0;
            try
            {
                for (; done < 5000; done++)
                {
                    switch (what)
                    {
                        case "processes": kept.Add(Process.Start(new ProcessStartInfo("/bin/sleep", "60") { UseShellExecute = false })); break;
                        case "descriptors": kept.Add(File.OpenRead("/dev/null")); break;
                        case "disk": File.WriteAllBytes("/tmp/" + done, new byte[1 << 20]); break;
                        default: return 0;
                    }
                }
            }
            catch (Exception error) when (!(error is OutOfMemoryException))
            {
                Console.WriteLine(error.GetType().Name);
            }
            return done;
        }

        /// <summary>Leaves a process and a thread behind.</summary>
        public string Outlive(string text)
        {
            Process.Start(new ProcessStartInfo("/bin/sh", "-c \"trap '' TERM HUP INT; sleep 1000 & sleep 1000\"") { UseShellExecute = false });
            new Thread(() => { while (true) Thread.Sleep(10); }).Start();
            return text;
        }

        private static int Deep(int level) => level + Deep(level + 1) + Deep(level + 2);

        private static void Take(int size)
        {
            var block = new byte[size];
            for (int at = 0; at < size; at += 4096)
                block[at] = 1;
            kept.Add(block);
        }

        private static void ThrowInThread()
        {
            var thread = new Thread(() => throw new InvalidOperationException("in a thread"));
            thread.Start();
            thread.Join();
            Thread.Sleep(10000);
        }

        private static void Shell(string command) =>
            Process.Start(new ProcessStartInfo("/bin/bash", "-c \"" + command + "\"") { UseShellExecute = false }).WaitForExit();

        private static int Checked(int result) => result == 0 ? 1 : throw new IOException("errno " + Marshal.GetLastWin32Error());

        private static string Readable(string path)
        {
            try { return File.ReadAllText(path); }
            catch (Exception) { return ""; }
        }

        private static List<int> Sockets() =>
            Directory.GetFileSystemEntries("/proc/self/fd").Select(path => int.Parse(Path.GetFileName(path))).Where(IsSocket).ToList();

        [DllImport("libc.so.6")]
        private static extern IntPtr readlink(string path, byte[] target, IntPtr size);

        private static bool IsSocket(int descriptor)
        {
            var target = new byte[64];
            int length = (int)readlink("/proc/self/fd/" + descriptor, target, (IntPtr)target.Length);
            return length > 0 && Encoding.ASCII.GetString(target, 0, length).StartsWith("socket:");
        }
    }
}

namespace Mono
{
    /// <summary>The address of a Unix socket, which .NET has no class for.</summary>
    internal sealed class UnixEndPoint : System.Net.EndPoint
    {
        private readonly string path;

        public UnixEndPoint(string path)
        {
            this.path = path;
        }

        public override AddressFamily AddressFamily => AddressFamily.Unix;

        public override System.Net.SocketAddress Serialize()
        {
            byte[] bytes = Encoding.UTF8.GetBytes(path + "\0");
            var address = new System.Net.SocketAddress(AddressFamily.Unix, 2 + bytes.Length);
            for (int at = 0; at < bytes.Length; at++)
                address[2 + at] = bytes[at];
            return address;
        }
    }
}
